package app

import (
	"context"
	"fmt"
	"os"

	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
	"parley/shared/telemetry"
)

// Archive returns the job that makes the hourly export files of all applications.
func (a *App) Archive() archive.Job {
	p := a.parts
	return archive.Job{
		Store: p.Store, Objects: p.Objects, Apps: archiveApps{a.Apps}, Format: p.Format, Clock: p.Clock, Disk: tempFile, Parallel: p.Parallel,
		OnUnreadable: func(ctx context.Context, what string) { telemetry.MeterOf(ctx).Note(telemetry.Unreadable, what) },
	}
}

// archiveApps reads applications for the archive.
type archiveApps struct{ apps apps.Service }

// HistoryDays implements archive.Apps.
func (a archiveApps) HistoryDays(ctx context.Context, app int64) (int, error) {
	o, err := a.apps.Get(ctx, app)
	return o.Settings.InForce().HistoryDays, err
}

// After implements archive.Apps.
func (a archiveApps) After(ctx context.Context, app int64, limit int) ([]int64, error) {
	list, err := a.apps.List(ctx, app, limit)
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	return ids, err
}

// tempFile returns a temporary file whose name is removed already: the system deletes the
// file when it is closed.
func tempFile() (archive.Disk, error) {
	f, err := os.CreateTemp("", "archive-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	return f, os.Remove(f.Name())
}
