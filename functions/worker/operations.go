// Package worker lists the groups that queues, streams and schedules invoke.
package worker

import (
	"parley/functions/worker/announce"
	"parley/functions/worker/archive"
	"parley/functions/worker/delivery"
	"parley/functions/worker/index"
	"parley/functions/worker/sweep"
	"parley/shared/op"
)

// Groups returns the groups in the order of docs/reference.
func Groups() op.Catalog {
	return op.Catalog{
		{Name: "worker.delivery", Operations: delivery.Operations},
		{Name: "worker.announce", Operations: announce.Operations},
		{Name: "worker.sweep", Operations: sweep.Operations},
		{Name: "worker.index", Operations: index.Operations},
		{Name: "worker.archive", Operations: archive.Operations},
	}
}
