package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Apps are the applications, as far as their exports go.
type Apps interface {
	// HistoryDays is how long an application's files are kept.
	HistoryDays(ctx context.Context, app int64) (int, error)
	// After lists ids of applications in order.
	After(ctx context.Context, app int64, limit int) ([]int64, error)
}

// A Job makes the files of all applications and removes them.
type Job struct {
	Store   Store
	Objects Objects
	Apps    Apps
	Now     func() time.Time
	// Bytes returns random bytes, for marks.
	Bytes func(n int) []byte
	// Unreadable notes what cannot be read and is left out; nil: nobody is told.
	Unreadable func(ctx context.Context, what string)
	// Disk makes an empty file.
	Disk func() (Disk, error)
	// Parallel runs functions together and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// line is a message in a part.
type line struct {
	Place   string   `json:"k"`
	Message exported `json:"m"`
}

// atOnce is how many hours of a batch are stored at the same time.
const atOnce = 16

// Collect stores the messages of a batch of changes: a part for each hour, then
// the mark that has it merged. A batch that comes again, whole or cut otherwise,
// makes parts whose messages the merge finds double. It fails where anything is
// not certain to be stored, so that the batch comes again.
func (j Job) Collect(ctx context.Context, records []Record) error {
	hours := make(map[Hour][]Record)
	for _, r := range records {
		h := Hour{App: r.App, Type: C2C, Name: NameOf(time.Unix(r.Message.Time, 0))}
		hours[h] = append(hours[h], r)
	}
	var work []func(context.Context) error
	for h, list := range hours {
		work = append(work, func(ctx context.Context) error { return j.part(ctx, h, list) })
	}
	for some := range slices.Chunk(work, atOnce) {
		if err := j.Parallel(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

// part stores some messages of an hour.
func (j Job) part(ctx context.Context, h Hour, list []Record) error {
	slices.SortFunc(list, func(a, b Record) int { return strings.Compare(a.Place, b.Place) })
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	e := encoder(w)
	for i, r := range list {
		if i > 0 && list[i-1].Place == r.Place {
			continue
		}
		if err := e.Encode(line{r.Place, export(r.Message)}); err != nil {
			return fmt.Errorf("part of %v: %w", h, err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("part of %v: %w", h, err)
	}
	sum := sha256.Sum256(packed.Bytes())
	if err := j.Objects.PutPart(ctx, h, hex.EncodeToString(sum[:16]), packed.Bytes()); err != nil {
		return err
	}
	return j.Store.MarkPending(ctx, Pending{Hour: h, Mark: hex.EncodeToString(j.Bytes(8))})
}
