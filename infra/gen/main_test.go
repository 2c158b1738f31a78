package main

import "testing"

// What is in the repository is what gen would write.
func TestFresh(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Error(err)
	}
}
