package follow

import v4 "parley/shared/dialect/v4"

const badParameter = 30001

// itemResults returns the results of a batch in their wire form. There is no second
// list, of the users who failed (docs/spec/tencent §1.3, pattern C).
func itemResults(peers []string, errs []error) []v4.Result {
	list, _ := service().Codes.Results(peers, errs)
	return list
}
