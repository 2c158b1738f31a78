package follow

import v4 "parley/shared/dialect/v4"

const badParameter = 30001

// results puts the outcome of a batch into its form; who failed is not listed
// apart (core spec §1.3, C).
func results(peers []string, errs []error) []v4.Result {
	list, _ := service().Numbers.Results(peers, errs)
	return list
}
