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

	"parley/shared/clock"
)

// Apps answers what an export needs to know of applications.
type Apps interface {
	// HistoryDays returns for how many days the files of an application are stored.
	HistoryDays(ctx context.Context, app int64) (int, error)
	// After lists the ids of applications after one, in ascending order.
	After(ctx context.Context, app int64, limit int) ([]int64, error)
}

// A Job makes and deletes the files of all applications.
type Job struct {
	clock.Clock

	Store   Store
	Objects Objects
	Apps    Apps
	Format  Format
	// OnUnreadable, if not nil, is called for what cannot be read and is left out.
	OnUnreadable func(ctx context.Context, what string)
	// Disk creates an empty file.
	Disk func() (Disk, error)
	// Parallel runs functions at the same time and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// parallelHours is the number of hours of a batch that are stored at the same time.
const parallelHours = 16

// Collect stores the messages of a batch of stream records: it stores a part for each
// hour, and then marks the hour as pending. It fails if any message may not be stored,
// so that Lambda retries the batch. A retried batch may have other boundaries; its
// parts repeat messages, and the merge writes each message once. Example: the batch
// with the messages 1 to 5 fails after its part was stored and is retried as 1 to 3
// and 4 to 8. Three parts are stored, and the file has the messages 1 to 8 once.
func (j Job) Collect(ctx context.Context, records []Record) error {
	hours := make(map[Hour][]Record)
	for _, r := range records {
		h := Hour{App: r.App, Type: Direct, Name: NameOf(time.Unix(r.Message.Time, 0))}
		hours[h] = append(hours[h], r)
	}
	var work []func(context.Context) error
	for h, list := range hours {
		work = append(work, func(ctx context.Context) error { return j.storePart(ctx, h, list) })
	}
	for group := range slices.Chunk(work, parallelHours) {
		if err := j.Parallel(ctx, group...); err != nil {
			return err
		}
	}
	return nil
}

// storePart stores the messages of one hour of a batch and marks the hour. The part is
// stored first, so whoever sees the mark finds the part.
func (j Job) storePart(ctx context.Context, h Hour, list []Record) error {
	slices.SortFunc(list, func(a, b Record) int { return strings.Compare(a.Position, b.Position) })
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	e := newLineEncoder(w)
	for i, r := range list {
		if i > 0 && list[i-1].Position == r.Position {
			continue
		}
		text, err := j.Format.Message(r.Message)
		if err == nil {
			err = e.Encode(partLine{r.Position, text})
		}
		if err != nil {
			return fmt.Errorf("part of %v: %w", h, err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("part of %v: %w", h, err)
	}
	hash := sha256.Sum256(packed.Bytes())
	if err := j.Objects.PutPart(ctx, h, hex.EncodeToString(hash[:16]), packed.Bytes()); err != nil {
		return err
	}
	return j.Store.MarkPending(ctx, PendingHour{Hour: h, Token: clock.ID(j.Clock, 8)})
}
