package app

import (
	"context"
	"fmt"
	"os"

	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
)

// Archive returns the job that makes the hourly export files of all applications.
func (a *App) Archive() archive.Job {
	p := a.parts
	return archive.NewJob(p.Store.Archive, p.Objects, archiveApps{a.Apps}, p.Format, tempFiles{}, errorLog{}, p.Clock, p.Parallel)
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

// tempFiles are in the folder for temporary files.
type tempFiles struct{}

// Create implements archive.Disks. The name of the file is removed already: the system
// deletes the file when it is closed.
func (tempFiles) Create() (archive.Disk, error) {
	f, err := os.CreateTemp("", "archive-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	return f, os.Remove(f.Name())
}
