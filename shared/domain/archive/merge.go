package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// grace is how long after its end an hour is merged for the first time. What the
// stream brings later has the hour merged again.
const grace = 5 * time.Minute

// page is how many hours are read at a time.
const page = 100

// Merge makes the files of the hours that are over and have parts that their
// files may lack. It is the state that it looks at, not who calls it: what fails
// or is cut off is done by the next call, and two calls at the same time do no
// harm. An hour that fails holds no other up.
func (j Job) Merge(ctx context.Context) error {
	before := NameOf(j.Now().Add(-grace))
	var after Hour
	var errs []error
	for {
		list, err := j.Store.PendingHours(ctx, before, after, page)
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
		if len(list) < page {
			return errors.Join(errs...)
		}
	}
}

// mergeHour brings the file of an hour up to the parts that are there. The mark
// and the version were read before the parts are listed: a mark that is the same
// afterwards, and a version that is, mean that nothing was missed.
func (j Job) mergeHour(ctx context.Context, p Pending) error {
	days, err := j.Apps.HistoryDays(ctx, p.App)
	if err != nil {
		return err
	}
	if p.expired(days, j.Now()) { // such as messages imported with a time long ago
		if err := j.remove(ctx, p.Hour); err != nil {
			return err
		}
		return j.Store.Unmark(ctx, p)
	}
	old, err := j.Store.Export(ctx, p.Hour, true)
	if err != nil {
		return err
	}
	if old == nil {
		old = &Export{}
	}
	ids, err := j.Objects.Parts(ctx, p.Hour)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return j.Store.Unmark(ctx, p)
	}
	f, err := j.buildReadable(ctx, p.Hour, ids)
	if err != nil {
		return err
	}
	if f == nil {
		return j.Store.Unmark(ctx, p) // no part can be read: what was merged before stays
	}
	defer f.close()
	if f.GzipMD5 != old.GzipMD5 {
		if err := j.Objects.PutFile(ctx, p.Hour, f.GzipMD5, f.content, f.GzipSize); err != nil {
			return err
		}
		f.Version, f.Merged = old.Version+1, j.Now().Unix()
		saved, err := j.Store.SaveExport(ctx, f.Export)
		if err != nil || !saved { // somebody else was faster, and may have known less
			return err
		}
	}
	return j.Store.Unmark(ctx, p)
}

// buildReadable is build that leaves out the parts that cannot be read: they stay
// as they are, and the hour has a file without them; nil where none is left.
func (j Job) buildReadable(ctx context.Context, h Hour, ids []string) (*file, error) {
	for len(ids) > 0 {
		f, err := j.build(ctx, h, ids)
		var bad *damaged
		if !errors.As(err, &bad) || bad.id == "" {
			return f, err
		}
		if j.Unreadable != nil {
			j.Unreadable(ctx, fmt.Sprintf("part %s of %v", bad.id, h))
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == bad.id })
	}
	return nil, nil
}

// expired reports whether the file of an hour is not kept any more.
func (h Hour) expired(days int, now time.Time) bool {
	return !now.Before(h.expiry(days))
}

// expiry is when the file of an hour goes.
func (h Hour) expiry(days int) time.Time { return h.end().Add(time.Duration(days) * 24 * time.Hour) }

// Expire removes the files of hours that are over for longer than their
// application keeps them.
func (j Job) Expire(ctx context.Context) error {
	for after := int64(0); ; {
		ids, err := j.Apps.After(ctx, after, page)
		if err != nil {
			return err
		}
		for _, app := range ids {
			if err := j.expire(ctx, app); err != nil {
				return err
			}
			after = app
		}
		if len(ids) < page {
			return nil
		}
	}
}

func (j Job) expire(ctx context.Context, app int64) error {
	days, err := j.Apps.HistoryDays(ctx, app)
	if err != nil {
		return err
	}
	before := NameOf(j.Now().Add(-time.Duration(days) * 24 * time.Hour))
	for {
		list, err := j.Store.Exports(ctx, app, C2C, "", before, page)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := j.remove(ctx, e.Hour); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// remove takes the objects of an hour away, and then what leads to them: cut off
// in between it is done again.
func (j Job) remove(ctx context.Context, h Hour) error {
	if err := j.Objects.Purge(ctx, h); err != nil {
		return err
	}
	return j.Store.DeleteExport(ctx, h)
}
