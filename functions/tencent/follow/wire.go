package follow

const badParameter = 30001

// result is the outcome for one user of a batch.
type result struct {
	To   string `json:"To_Account"`
	Code int    `json:"ResultCode"`
	Info string `json:"ResultInfo"`
}

// results puts the outcome of a batch into its form.
func results(peers []string, errs []error) []result {
	numbers := service().Numbers
	list := make([]result, len(peers))
	for i, peer := range peers {
		list[i].To = peer
		if errs[i] != nil {
			list[i].Code, list[i].Info = numbers.Of(errs[i])
		}
	}
	return list
}
