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
	"parley/shared/domain/chat"
	"parley/shared/parallel"
)

// Apps answers what an export needs to know of applications.
type Apps interface {
	// HistoryDays returns for how many days the files of an application are stored.
	HistoryDays(ctx context.Context, app int64) (int, error)
	// After lists the ids of applications after one, in ascending order.
	After(ctx context.Context, app int64, limit int) ([]int64, error)
}

// Disks makes places for the files that a Job works on.
type Disks interface {
	// Create creates an empty file.
	Create() (Disk, error)
}

// An ErrorLog records what goes wrong. The job does not fail.
type ErrorLog interface {
	// LogUnreadable is called for what cannot be read and is left out of a file.
	LogUnreadable(ctx context.Context, what string)
}

// A Job makes and deletes the files of all applications.
type Job struct {
	store    Store
	objects  Objects
	apps     Apps
	format   Format
	disks    Disks
	errors   ErrorLog
	clock    clock.Clock
	parallel parallel.Runner
}

// NewJob returns a Job.
func NewJob(store Store, objects Objects, apps Apps, f Format, d Disks, l ErrorLog, c clock.Clock, r parallel.Runner) Job {
	return Job{store: store, objects: objects, apps: apps, format: f, disks: d, errors: l, clock: c, parallel: r}
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
		h := Hour{App: r.App, Type: typeOf(r.Message.Chat), Name: NameOf(time.Unix(r.Message.Time, 0))}
		hours[h] = append(hours[h], r)
	}
	var work []func(context.Context) error
	for h, list := range hours {
		work = append(work, func(ctx context.Context) error { return j.storePart(ctx, h, list) })
	}
	for group := range slices.Chunk(work, parallelHours) {
		if err := j.parallel.Run(ctx, group...); err != nil {
			return err
		}
	}
	return nil
}

// typeOf returns the type of a conversation.
func typeOf(id chat.ID) ConversationType {
	if id.Kind() == chat.Group {
		return Group
	}
	return Direct
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
		text, err := j.format.Message(r.Message)
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
	if err := j.objects.PutPart(ctx, h, hex.EncodeToString(hash[:16]), packed.Bytes()); err != nil {
		return err
	}
	return j.store.MarkPending(ctx, PendingHour{Hour: h, Token: clock.ID(j.clock, 8)})
}
