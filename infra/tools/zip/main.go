// Command zip packs the program for Lambda:
//
//	go run ./infra/tools/zip build/parley.zip bootstrap=.local/bin/bootstrap-arm64
//
// Equal files give equal bytes, on every machine and on every day. So a deployment of an
// unchanged program does not update the functions.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: zip archive name=file...")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "zip:", err)
		os.Exit(1)
	}
}

// write writes an archive of files, each given as name=file. If the archive has the same bytes
// already, write does not touch it, and its modification time stays.
func write(archive string, files []string) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for _, arg := range files {
		name, file, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%s: want name=file", arg)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		// The first day that a zip file can store is in 1980. All files are executable, because
		// the program on Lambda must be.
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(0o755)
		entry, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := entry.Write(text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	if have, err := os.ReadFile(archive); err == nil && bytes.Equal(have, b.Bytes()) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		return err
	}
	// A reader sees the old archive or the new one, never a part of the new one.
	partial := archive + ".partial"
	if err := os.WriteFile(partial, b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(partial, archive)
}
