package reference

import (
	"fmt"

	"parley/shared/op"
)

// workers describes the surface that has no dialect.
func workers() op.Description {
	return op.Description{
		Brief: "Functions that process the jobs of queues and the records of streams, or run on a schedule. Nobody calls them.",
		Conventions: `

If a job of a queue fails, SQS delivers it again, without the other jobs of its batch. After five failures the job goes
to the dead-letter queue. If a batch of a stream fails, Lambda repeats it until it succeeds.`,
	}
}

// describe returns what a surface says about itself: the description of the protocol of its
// operations with an HTTP route.
func describe(groups []group) (op.Description, error) {
	for _, g := range groups {
		for _, e := range g.entries {
			if e.Triggers[0].HTTP == "" {
				continue
			}
			d, ok := e.Protocol.(op.Describer)
			if !ok {
				return op.Description{}, fmt.Errorf("%s: the protocol of the surface does not implement op.Describer", e.Name)
			}
			return d.Describe(), nil
		}
	}
	return workers(), nil
}
