package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5" // get_history answers an MD5
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// mergeWidth is the number of sorted lists that are merged at the same time. A part
// comes from one Lambda invocation, so it has at most 6 MB before compression. Parts
// are held compressed in memory; what was merged of them is held on disk.
const mergeWidth = 32

// A Disk is a temporary file. It is deleted when it is closed, and also when the
// program ends.
type Disk interface {
	io.ReadWriteSeeker
	io.Closer
}

// An hourFile is the merged file of an hour, on disk.
type hourFile struct {
	Export
	content Disk
}

func (f *hourFile) close() { _ = f.content.Close() } // an error does not matter: the file was written before

// build merges the parts of an hour into its file: sorted, each message once. However
// many parts there are, memory holds at most mergeWidth compressed parts, and one line
// for each list that is being merged, which are at most twice mergeWidth.
func (j Job) build(ctx context.Context, h Hour, ids []string) (*hourFile, error) {
	var merged []Disk
	defer func() { closeAll(merged) }()
	for len(ids) > mergeWidth {
		lists, err := j.fetchParts(ctx, h, ids[:mergeWidth])
		if err != nil {
			return nil, err
		}
		r, err := j.mergeToDisk(lists)
		if err != nil {
			return nil, err
		}
		merged, ids = append(merged, r), ids[mergeWidth:]
	}
	for len(merged) > mergeWidth {
		r, err := j.mergeToDisk(readers(merged[:mergeWidth]))
		if err != nil {
			return nil, err
		}
		closeAll(merged[:mergeWidth])
		merged = append(merged[mergeWidth:], r)
	}
	lists, err := j.fetchParts(ctx, h, ids)
	if err != nil {
		return nil, err
	}
	return j.writeFile(h, append(lists, readers(merged)...))
}

// A compressedPart is the content of a stored part, and its id.
type compressedPart struct {
	io.Reader
	id string
}

func readers(files []Disk) []io.Reader {
	out := make([]io.Reader, len(files))
	for i, f := range files {
		out[i] = f
	}
	return out
}

// closeAll closes and so deletes files. Errors do not matter: the files were only read.
func closeAll(files []Disk) {
	for _, f := range files {
		_ = f.Close()
	}
}

// fetchParts reads parts into memory, compressed.
func (j Job) fetchParts(ctx context.Context, h Hour, ids []string) ([]io.Reader, error) {
	lists := make([]io.Reader, len(ids))
	for i, id := range ids {
		body, err := j.objects.Part(ctx, h, id)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil {
			return nil, fmt.Errorf("part %s of %v: %w", id, h, err)
		}
		lists[i] = compressedPart{bytes.NewReader(content), id}
	}
	return lists, nil
}

// mergeToDisk merges lists into one list on disk.
func (j Job) mergeToDisk(lists []io.Reader) (Disk, error) {
	return j.writeTemp(func(w io.Writer) error {
		e := newLineEncoder(w)
		return merge(lists, func(r partLine) error { return e.Encode(r) })
	})
}

// writeTemp writes a compressed temporary file and returns it, ready to be read from
// its beginning.
func (j Job) writeTemp(write func(io.Writer) error) (Disk, error) {
	f, err := j.disks.Create()
	if err != nil {
		return nil, err
	}
	disk := bufio.NewWriter(f)
	w := gzip.NewWriter(disk)
	if err = write(w); err == nil {
		err = finishWriting(w, disk, f)
	}
	if err != nil {
		_ = f.Close() // the first error is returned
		return nil, fmt.Errorf("merge: %w", err)
	}
	return f, nil
}

// finishWriting writes what is buffered and goes back to the beginning of the file.
func finishWriting(w *gzip.Writer, disk *bufio.Writer, f Disk) error {
	if err := w.Close(); err != nil {
		return err
	}
	if err := disk.Flush(); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// writeFile writes the file of an hour.
func (j Job) writeFile(h Hour, lists []io.Reader) (*hourFile, error) {
	content, err := j.disks.Create()
	if err != nil {
		return nil, err
	}
	out := &hourFile{Export: Export{Hour: h}, content: content}
	disk, packed, plain := bufio.NewWriter(content), newCountingMD5(), newCountingMD5()
	w := gzip.NewWriter(io.MultiWriter(disk, packed))
	out.Messages, err = j.writeExport(io.MultiWriter(w, plain), h, lists)
	if err == nil {
		err = finishWriting(w, disk, content)
	}
	if err != nil {
		out.close()
		return nil, fmt.Errorf("file of %v: %w", h, err)
	}
	out.Size, out.MD5 = plain.n, plain.hex()
	out.GzipSize, out.GzipMD5 = packed.n, packed.hex()
	return out, nil
}

// writeExport writes the text of a file and returns the number of messages.
func (j Job) writeExport(text io.Writer, h Hour, lists []io.Reader) (n int64, err error) {
	if _, err := io.WriteString(text, j.format.Begin(h)+"\n"); err != nil {
		return 0, err
	}
	between := ""
	err = merge(lists, func(r partLine) error {
		_, err := io.WriteString(text, between+string(r.Message))
		n, between = n+1, ",\n"
		return err
	})
	if err != nil {
		return 0, err
	}
	_, err = io.WriteString(text, "\n"+j.format.End()+"\n")
	return n, err
}

// A countingMD5 computes the size and the MD5 of what is written to it.
type countingMD5 struct {
	hash.Hash
	n int64
}

func newCountingMD5() *countingMD5 { return &countingMD5{Hash: md5.New()} } // get_history answers an MD5

// Write implements io.Writer.
func (m *countingMD5) Write(p []byte) (int, error) {
	m.n += int64(len(p))
	return m.Hash.Write(p)
}

func (m *countingMD5) hex() string { return hex.EncodeToString(m.Sum(nil)) }
