package app

import (
	"context"
	"fmt"
	"os"

	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
	"parley/shared/telemetry"
)

// Archive makes the hourly files of all applications.
func (a *App) Archive() archive.Job {
	p := a.parts
	return archive.Job{
		Store: p.Store, Objects: p.Objects, Apps: archived{a.Apps}, Now: p.Now, Bytes: p.Bytes, Disk: disk, Parallel: p.Parallel,
		Unreadable: func(ctx context.Context, what string) { telemetry.MeterOf(ctx).Note(telemetry.Unreadable, what) },
	}
}

// archived are the applications as the archive asks for them.
type archived struct{ apps apps.Service }

// HistoryDays implements archive.Apps.
func (a archived) HistoryDays(ctx context.Context, app int64) (int, error) {
	o, err := a.apps.Get(ctx, app)
	return o.Settings.Limits().HistoryDays, err
}

// After implements archive.Apps.
func (a archived) After(ctx context.Context, app int64, limit int) ([]int64, error) {
	list, err := a.apps.List(ctx, app, limit)
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	return ids, err
}

// disk makes a file without a name: it is there as long as it is open.
func disk() (archive.Disk, error) {
	f, err := os.CreateTemp("", "archive-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	return f, os.Remove(f.Name())
}
