package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWriteIsReproducible checks that equal files give equal archives, even if the times and
// modes of the files differ.
func TestWriteIsReproducible(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	one, two := filepath.Join(dir, "build", "one.zip"), filepath.Join(dir, "build", "two.zip")
	if err := write(one, []string{"bootstrap=" + file}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Now(), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := write(two, []string{"bootstrap=" + file}); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(two)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("got two different archives, want equal ones")
	}

	r, err := zip.OpenReader(one)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode() != 0o755 {
		t.Fatalf("got %v, want one executable bootstrap", r.File)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || string(got) != "#!/bin/sh\n" {
		t.Errorf("got %q, %v, want the file", got, err)
	}
}

// TestWriteKeepsEqualArchive checks that an archive that would not change keeps its modification
// time. So make and SAM see that they have nothing to do.
func TestWriteKeepsEqualArchive(t *testing.T) {
	dir := t.TempDir()
	file, archive := filepath.Join(dir, "program"), filepath.Join(dir, "a.zip")
	if err := os.WriteFile(file, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Unix(1_000_000_000, 0)
	for range 2 {
		if err := write(archive, []string{"bootstrap=" + file}); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(archive, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(archive, []string{"bootstrap=" + file}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(archive); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("got %v, %v, want the time of the first write", info.ModTime(), err)
	}
	if err := write(archive, []string{"bootstrap"}); err == nil {
		t.Error("got no error for an argument without a file")
	}
}
