package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"container/heap"
	"context"
	"crypto/md5" //nolint:gosec // the vendor's answer has it
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// width is how many sorted lists are merged at a time. A part is at most what one
// invocation gets, 6 MB before it is compressed, and waits compressed in memory;
// what is merged of them waits on disk.
const width = 32

// A Disk is a file that goes away when it is closed, also by the end of the
// program.
type Disk interface {
	io.ReadWriteSeeker
	io.Closer
}

// A file is what an hour's parts give, on disk.
type file struct {
	Export
	content Disk
}

func (f *file) close() { _ = f.content.Close() } // nothing is written to it any more

// build merges the parts of an hour into its file: sorted, each message once.
// However many parts there are, memory holds the compressed parts of one round
// and a line of each list that is merged, at most twice width.
func (j Job) build(ctx context.Context, h Hour, ids []string) (*file, error) {
	var runs []Disk
	defer func() { drop(runs) }()
	for len(ids) > width {
		lists, err := j.fetch(ctx, h, ids[:width])
		if err != nil {
			return nil, err
		}
		r, err := j.run(lists)
		if err != nil {
			return nil, err
		}
		runs, ids = append(runs, r), ids[width:]
	}
	for len(runs) > width {
		r, err := j.run(readers(runs[:width]))
		if err != nil {
			return nil, err
		}
		drop(runs[:width])
		runs = append(runs[width:], r)
	}
	lists, err := j.fetch(ctx, h, ids)
	if err != nil {
		return nil, err
	}
	return j.finish(h, append(lists, readers(runs)...))
}

// A part is what was collected, compressed, and its id.
type part struct {
	io.Reader
	id string
}

// damaged is the error of a list that cannot be read: of a part, or of what was
// merged before, which has no id.
type damaged struct {
	id  string
	err error
}

func (d *damaged) Error() string { return fmt.Sprintf("part %q cannot be read: %s", d.id, d.err) }

func (d *damaged) Unwrap() error { return d.err }

func readers(files []Disk) []io.Reader {
	out := make([]io.Reader, len(files))
	for i, f := range files {
		out[i] = f
	}
	return out
}

// drop removes files that were only read.
func drop(files []Disk) {
	for _, f := range files {
		_ = f.Close()
	}
}

// fetch reads parts, compressed.
func (j Job) fetch(ctx context.Context, h Hour, ids []string) ([]io.Reader, error) {
	lists := make([]io.Reader, len(ids))
	for i, id := range ids {
		body, err := j.Objects.Part(ctx, h, id)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil {
			return nil, fmt.Errorf("part %s of %v: %w", id, h, err)
		}
		lists[i] = part{bytes.NewReader(content), id}
	}
	return lists, nil
}

// run merges lists into one on disk.
func (j Job) run(lists []io.Reader) (Disk, error) {
	return j.spool(func(w io.Writer) error {
		e := encoder(w)
		return merge(lists, func(r raw) error { return e.Encode(r) })
	})
}

// spool writes a compressed file that is at its beginning then.
func (j Job) spool(write func(io.Writer) error) (Disk, error) {
	f, err := j.Disk()
	if err != nil {
		return nil, err
	}
	disk := bufio.NewWriter(f)
	w := gzip.NewWriter(disk)
	if err = write(w); err == nil {
		err = complete(w, disk, f)
	}
	if err != nil {
		_ = f.Close() // the first error is told
		return nil, fmt.Errorf("merge: %w", err)
	}
	return f, nil
}

// complete ends what is written to a file and goes back to its beginning.
func complete(w *gzip.Writer, disk *bufio.Writer, f Disk) error {
	if err := w.Close(); err != nil {
		return err
	}
	if err := disk.Flush(); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// finish writes the file of an hour.
func (j Job) finish(h Hour, lists []io.Reader) (*file, error) {
	content, err := j.Disk()
	if err != nil {
		return nil, err
	}
	out := &file{Export: Export{Hour: h}, content: content}
	disk, packed, plain := bufio.NewWriter(content), meteredMD5(), meteredMD5()
	w := gzip.NewWriter(io.MultiWriter(disk, packed))
	out.Messages, err = write(io.MultiWriter(w, plain), h, lists)
	if err == nil {
		err = complete(w, disk, content)
	}
	if err != nil {
		out.close()
		return nil, fmt.Errorf("file of %v: %w", h, err)
	}
	out.Size, out.MD5 = plain.n, plain.hex()
	out.GzipSize, out.GzipMD5 = packed.n, packed.hex()
	return out, nil
}

// write writes the text of a file (core spec §11.2): a line that opens the
// object, a line for each message, a line that closes it.
func write(text io.Writer, h Hour, lists []io.Reader) (n int64, err error) {
	if _, err := fmt.Fprintf(text, "{\"SdkAppId\":%d,\"ChatType\":%q,\"MsgTime\":%q,\"MsgList\":[\n", h.App, h.Type, h.Name); err != nil {
		return 0, err
	}
	between := ""
	err = merge(lists, func(r raw) error {
		_, err := io.WriteString(text, between+string(r.Message))
		n, between = n+1, ",\n"
		return err
	})
	if err != nil {
		return 0, err
	}
	_, err = io.WriteString(text, "\n]}\n")
	return n, err
}

// metered sums what is written to it.
type metered struct {
	hash.Hash
	n int64
}

func meteredMD5() *metered { return &metered{Hash: md5.New()} } //nolint:gosec // the vendor's answer has it

// Write implements io.Writer.
func (m *metered) Write(p []byte) (int, error) {
	m.n += int64(len(p))
	return m.Hash.Write(p)
}

func (m *metered) hex() string { return hex.EncodeToString(m.Sum(nil)) }

// raw is a line whose message nobody looks into.
type raw struct {
	Place   string          `json:"k"`
	Message json.RawMessage `json:"m"`
}

// A list is sorted lines, and the first that was not taken yet.
type list struct {
	in   *json.Decoder
	id   string // of the part that it is
	next raw
}

// advance fails with io.EOF at the end, and with damaged where it cannot be read.
func (l *list) advance() error {
	l.next = raw{}
	err := l.in.Decode(&l.next)
	if err != nil && !errors.Is(err, io.EOF) {
		return &damaged{l.id, err}
	}
	return err
}

// merge gives the lines of sorted compressed lists in order, each place once:
// the same place is the same message as it was first stored.
func merge(lists []io.Reader, to func(raw) error) error {
	var q queue
	for _, in := range lists {
		id := ""
		if p, ok := in.(part); ok {
			id = p.id
		}
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return &damaged{id, err}
		}
		l := &list{in: json.NewDecoder(unpacked), id: id}
		switch err := l.advance(); {
		case err == nil:
			q = append(q, l)
		case !errors.Is(err, io.EOF):
			return err
		}
	}
	heap.Init(&q)
	last := ""
	for len(q) > 0 {
		l := q[0]
		if l.next.Place != last {
			if err := to(l.next); err != nil {
				return err
			}
			last = l.next.Place
		}
		switch err := l.advance(); {
		case err == nil:
			heap.Fix(&q, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&q)
		default:
			return err
		}
	}
	return nil
}

// queue implements heap.Interface: the list with the least place first.
type queue []*list

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].next.Place < q[j].next.Place }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*list)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
