package stacks

// The control plane of API Gateway takes 10 requests a second from an account. CloudFormation
// makes everything at once that does not depend on something else, and each object of a
// WebSocket API is at least two requests: one that makes it and one that looks whether it is
// there. So the objects of a stack are made one after the other, and at most lanes stacks
// with such objects are made at a time.
const lanes = 4

// inLanes says for each stack with objects which stack is made before it. A stack comes after
// the one whose lane is shortest.
func inLanes(groups []rootGroup) {
	var last [lanes]string // the last stack of each lane
	var length [lanes]int  // its objects so far
	for i := range groups {
		g := &groups[i]
		if g.objects == 0 {
			continue
		}
		lane := 0
		for n := range length {
			if length[n] < length[lane] {
				lane = n
			}
		}
		g.After = last[lane]
		last[lane] = g.ID
		length[lane] += g.objects
	}
}

// longestLane returns the most objects that are made one after the other.
func longestLane(groups []rootGroup) int {
	lengths := make(map[string]int) // by stack: the objects of its lane up to it
	longest := 0
	for _, g := range groups {
		lengths[g.ID] = lengths[g.After] + g.objects
		longest = max(longest, lengths[g.ID])
	}
	return longest
}

// objects returns how many objects of API Gateway a stack of operations has.
func (g groupStack) objects() int {
	n := 0
	for _, f := range g.Functions {
		if f.Authorizer {
			n++
		}
		for _, r := range f.Socket {
			n += 2
			if r.TwoWay {
				n++
			}
		}
	}
	return n
}
