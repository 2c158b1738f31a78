package archive

import (
	"compress/gzip"
	"container/heap"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// unreadablePart is the error of a list that cannot be read. id is that of the part;
// it is empty for a list that was merged before.
type unreadablePart struct {
	id  string
	err error
}

func (u *unreadablePart) Error() string {
	return fmt.Sprintf("part %q cannot be read: %s", u.id, u.err)
}

func (u *unreadablePart) Unwrap() error { return u.err }

// A partLine is a message in a part, in the Format of the files.
type partLine struct {
	Place   string          `json:"k"`
	Message json.RawMessage `json:"m"`
}

// A sortedList is a list of lines in order. current is its first line that was not
// taken yet.
type sortedList struct {
	in      *json.Decoder
	id      string // of the part; empty: the list was merged before
	current partLine
}

// advance reads the next line into current. It fails with io.EOF at the end, and with
// an unreadablePart if the list cannot be read.
func (l *sortedList) advance() error {
	l.current = partLine{}
	err := l.in.Decode(&l.current)
	if err != nil && !errors.Is(err, io.EOF) {
		return &unreadablePart{l.id, err}
	}
	return err
}

// merge calls emit for the lines of sorted compressed lists, in order. Of lines with
// the same place it emits one only: they are the same message, as it was stored first.
func merge(lists []io.Reader, emit func(partLine) error) error {
	var h listHeap
	for _, in := range lists {
		id := ""
		if p, ok := in.(compressedPart); ok {
			id = p.id
		}
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return &unreadablePart{id, err}
		}
		l := &sortedList{in: json.NewDecoder(unpacked), id: id}
		switch err := l.advance(); {
		case err == nil:
			h = append(h, l)
		case !errors.Is(err, io.EOF):
			return err
		}
	}
	heap.Init(&h)
	last := ""
	for len(h) > 0 {
		l := h[0]
		if l.current.Place != last {
			if err := emit(l.current); err != nil {
				return err
			}
			last = l.current.Place
		}
		switch err := l.advance(); {
		case err == nil:
			heap.Fix(&h, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&h)
		default:
			return err
		}
	}
	return nil
}

// A listHeap implements heap.Interface. Its first list is the one whose current line
// has the lowest place.
type listHeap []*sortedList

func (h listHeap) Len() int           { return len(h) }
func (h listHeap) Less(i, j int) bool { return h[i].current.Place < h[j].current.Place }
func (h listHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *listHeap) Push(x any)        { *h = append(*h, x.(*sortedList)) }
func (h *listHeap) Pop() any {
	all := *h
	last := all[len(all)-1]
	*h = all[:len(all)-1]
	return last
}
