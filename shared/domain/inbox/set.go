package inbox

// A NumberSet is a set of numbers from 1 to MaxLabel: labels, or the numbers of folders.
type NumberSet uint64

// Has reports whether n is in the set.
func (s NumberSet) Has(n int) bool { return n > 0 && n <= MaxLabel && s&(1<<(n-1)) != 0 }

// With returns the set with n in it.
func (s NumberSet) With(n int) NumberSet { return s | 1<<(n-1) }

// Without returns the set without n.
func (s NumberSet) Without(n int) NumberSet { return s &^ (1 << (n - 1)) }

// Numbers returns the numbers of the set in ascending order.
func (s NumberSet) Numbers() []int {
	var list []int
	for n := 1; n <= MaxLabel; n++ {
		if s.Has(n) {
			list = append(list, n)
		}
	}
	return list
}
