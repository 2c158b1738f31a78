package archive

import (
	"context"
	"errors"

	"parley/shared/domain/archive"
	"parley/shared/dynamo"
	"parley/shared/op"
	archivestore "parley/shared/store/archive"
)

// collect stores the new messages of a batch of stream records in S3, as one part for
// each hour, and marks these hours for the merge. It ignores records that are not a new
// message. So a file has each message as it was first stored, even if the message was
// recalled or edited later. A message that cannot be read is left out and logged. Lambda
// may deliver records again, with other batch boundaries or out of order.
func collect(ctx context.Context, c *op.Call, batch []dynamo.StreamRecord) error {
	var records []archive.Record
	for _, streamRecord := range batch {
		switch r, ok, err := archivestore.ReadInsertedMessage(streamRecord); {
		case errors.Is(err, archivestore.ErrUnreadable):
			c.Unreadable(ctx, err.Error())
		case err != nil:
			return err
		case ok:
			records = append(records, r)
		}
	}
	return c.App.Archive().Collect(ctx, records)
}
