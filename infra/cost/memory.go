package cost

import (
	"parley/shared/op"
)

// Lambda gives a function CPU in proportion to its memory, so the memory follows from how much a
// call does at most. The most expensive cost case of an operation says that, in units of DynamoDB
// and posts (docs/performance.md §5).
const (
	refusingMB = 128  // asks no database
	smallMB    = 256  // at most smallUnits, and smallPosts: up to 1.1 ms of CPU time
	standardMB = 512  // sends, batches of rows, batch reads of users; every worker
	largeMB    = 1024 // more than standardUnits: batches of users that write

	smallUnits    = 10
	smallPosts    = 2
	standardUnits = 800

	// smallCPU is the CPU time of a call of a function with smallMB, at most, in ms at a full core.
	smallCPU = 1.1
	// fullCoreMB is the memory at which a function has one core.
	fullCoreMB = 1769
)

// SetMemory sets the memory of the operations that do not say it themselves, from their cost
// cases. root is the folder of the repository.
func SetMemory(root string, operations []op.Operation) error {
	for i := range operations {
		o := &operations[i]
		if o.Memory > 0 {
			continue
		}
		lines, err := linesOf(root, o)
		if err != nil {
			return err
		}
		o.Memory = memory(o.Surface() == "worker", lines)
	}
	return nil
}

// memory returns the memory that the lines of an operation ask for.
func memory(worker bool, lines []Line) int {
	units, posts := 0.0, 0
	for _, l := range lines {
		units, posts = max(units, l.Units.R+l.Units.W), max(posts, l.Units.P)
	}
	switch {
	case worker:
		return standardMB
	case units == 0:
		return refusingMB
	case units <= smallUnits && posts <= smallPosts:
		return smallMB
	case units <= standardUnits:
		return standardMB
	}
	return largeMB
}

// duration returns how long a warm call takes, in ms. The cost cases say it for standardMB. With
// smallMB the part in which the function computes takes longer: at most 3.8 ms.
func (l Line) duration() float64 {
	if l.Memory == smallMB {
		return l.Millis + smallCPU*(fullCoreMB/float64(smallMB)-fullCoreMB/float64(standardMB))
	}
	return l.Millis
}
