package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// mergeDelay is how long after its end an hour is merged for the first time. If the
// stream delivers messages of the hour later, it is merged again.
const mergeDelay = 5 * time.Minute

// pageSize is the number of hours, or of applications, that are read at a time.
const pageSize = 100

// Merge makes the files of all pending hours that are over. It looks only at what is
// stored: if a call fails or dies, the next call does the rest, and two calls at the
// same time do no harm. If an hour fails, the other hours are still merged, and the
// errors are returned together.
func (j Job) Merge(ctx context.Context) error {
	before := NameOf(j.clock.Now().Add(-mergeDelay))
	var after Hour
	var errs []error
	for {
		list, err := j.store.PendingHours(ctx, before, after, pageSize)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, p := range list {
			if err := ctx.Err(); err != nil {
				return errors.Join(append(errs, err)...)
			}
			errs = append(errs, j.mergeHour(ctx, p))
			after = p.Hour
		}
		if len(list) < pageSize {
			return errors.Join(errs...)
		}
	}
}

// mergeHour makes the file of an hour from all parts that exist. The mark and the
// version are read before the parts are listed. If both are still the same when they
// are written, no part was missed. Example: two merges run at the same time, and a new
// part is stored after the first one has listed the parts. The second one, which has
// all parts, saves version 2. The first one cannot save its file, which lacks the part,
// and does not remove the mark. If only the first one runs, it saves its file, but the
// mark is a new one and stays, so the next call merges the hour again.
func (j Job) mergeHour(ctx context.Context, p PendingHour) error {
	days, err := j.apps.HistoryDays(ctx, p.App)
	if err != nil {
		return err
	}
	if p.expired(days, j.clock.Now()) { // example: a message was imported with an old time
		if err := j.remove(ctx, p.Hour); err != nil {
			return err
		}
		return j.store.ClearPending(ctx, p)
	}
	previous, err := j.store.Export(ctx, p.Hour, true)
	if err != nil {
		return err
	}
	if previous == nil {
		previous = &Export{}
	}
	ids, err := j.objects.Parts(ctx, p.Hour)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return j.store.ClearPending(ctx, p)
	}
	f, err := j.buildReadable(ctx, p.Hour, ids)
	if err != nil {
		return err
	}
	if f == nil {
		return j.store.ClearPending(ctx, p) // no part can be read: the previous file stays
	}
	defer f.close()
	if f.GzipMD5 != previous.GzipMD5 {
		if err := j.objects.PutFile(ctx, p.Hour, f.GzipMD5, f.content, f.GzipSize); err != nil {
			return err
		}
		f.Version, f.Merged = previous.Version+1, j.clock.Now().Unix()
		saved, err := j.store.SaveExport(ctx, f.Export)
		if err != nil || !saved { // another merge was faster, and may have had fewer parts: the mark stays
			return err
		}
	}
	return j.store.ClearPending(ctx, p)
}

// buildReadable is build without the parts that cannot be read. These stay stored, and
// are noted. It returns nil if no part can be read.
func (j Job) buildReadable(ctx context.Context, h Hour, ids []string) (*hourFile, error) {
	for len(ids) > 0 {
		f, err := j.build(ctx, h, ids)
		var bad *unreadablePart
		if !errors.As(err, &bad) || bad.id == "" {
			return f, err
		}
		j.errors.LogUnreadable(ctx, fmt.Sprintf("part %s of %v", bad.id, h))
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == bad.id })
	}
	return nil, nil
}

// expired reports whether the file of an hour is no longer stored.
func (h Hour) expired(days int, now time.Time) bool {
	return !now.Before(h.expiry(days))
}

// expiry returns when the file of an hour expires.
func (h Hour) expiry(days int) time.Time { return h.end().Add(time.Duration(days) * 24 * time.Hour) }

// Expire deletes the files that are older than their application stores them.
func (j Job) Expire(ctx context.Context) error {
	for after := int64(0); ; {
		ids, err := j.apps.After(ctx, after, pageSize)
		if err != nil {
			return err
		}
		for _, app := range ids {
			if err := j.expire(ctx, app); err != nil {
				return err
			}
			after = app
		}
		if len(ids) < pageSize {
			return nil
		}
	}
}

func (j Job) expire(ctx context.Context, app int64) error {
	days, err := j.apps.HistoryDays(ctx, app)
	if err != nil {
		return err
	}
	before := NameOf(j.clock.Now().Add(-time.Duration(days) * 24 * time.Hour))
	for {
		list, err := j.store.Exports(ctx, app, Direct, "", before, pageSize)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := j.remove(ctx, e.Hour); err != nil {
				return err
			}
		}
		if len(list) < pageSize {
			return nil
		}
	}
}

// remove deletes the objects of an hour, and then the description that leads to them.
// If it dies in between, the next call finds the description and deletes the rest.
func (j Job) remove(ctx context.Context, h Hour) error {
	if err := j.objects.Purge(ctx, h); err != nil {
		return err
	}
	return j.store.DeleteExport(ctx, h)
}
