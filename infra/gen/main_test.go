package main

import "testing"

// TestGeneratedFilesAreFresh checks that the files in the repository are those that gen would
// write now.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Error(err)
	}
}
