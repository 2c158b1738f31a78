package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A LabelChange changes the labels of a conversation.
type LabelChange struct {
	Set, Clear []int   // standard labels to set and to remove
	Custom     *string // custom label; nil: stays as it is; empty: removes it
}

// check refuses labels that do not exist. If the edition does not include standard
// labels (folders is false), it refuses all of them with AppLimit.
func (c LabelChange) check(folders bool) error {
	if !folders && len(c.Set)+len(c.Clear) > 0 {
		return fault.New(fault.AppLimit, "the edition does not include standard %ss", fault.Label)
	}
	for _, n := range slices.Concat(c.Set, c.Clear) {
		if n < 1 || n > MaxLabel {
			return fault.New(fault.Invalid, "a standard %s is 1 to %d", fault.Label, MaxLabel)
		}
	}
	if c.Custom != nil && len(*c.Custom) > maxCustomLabel {
		return fault.New(fault.Invalid, "a custom %s has at most %d bytes", fault.Label, maxCustomLabel)
	}
	return nil
}

// apply removes labels before it sets labels: a label that is in both lists is set.
func (c LabelChange) apply(d Data) Data {
	for _, n := range c.Clear {
		d.Labels = d.Labels.Without(n)
	}
	for _, n := range c.Set {
		d.Labels = d.Labels.With(n)
	}
	if c.Custom != nil {
		d.CustomLabel = *c.Custom
	}
	return d
}

// SetLabels changes the labels of conversations: changes[i] is for ids[i]. It returns
// an error for each conversation. It fails with DataLimit, and with AppLimit if a
// change has a standard label and the edition includes none; custom labels always work.
func (s Service) SetLabels(ctx context.Context, user string, ids []chat.ID, changes []LabelChange, origin delivery.Origin) ([]error, error) {
	errs := make([]error, len(ids))
	for i, change := range changes {
		if errs[i] = change.check(s.settings.FoldersIncluded); fault.Is(errs[i], fault.AppLimit) {
			return nil, errs[i]
		}
	}
	var accepted []chat.ID
	// If a conversation is named twice, its first accepted change counts; changeData refuses the other.
	changeOf := make(map[chat.ID]LabelChange)
	for _, i := range withoutError(errs) {
		accepted = append(accepted, ids[i])
		if _, named := changeOf[ids[i]]; !named {
			changeOf[ids[i]] = changes[i]
		}
	}
	acceptedErrs, err := s.changeData(ctx, user, accepted, false, origin, func(_ Head, r Row) (Data, error) {
		return changeOf[r.Chat].apply(r.Data), nil
	})
	if err != nil {
		return nil, err
	}
	for n, i := range withoutError(errs) {
		errs[i] = acceptedErrs[n]
	}
	return errs, nil
}

// ListLabelled returns a user's folders, and the conversations that have a label or are in a
// folder, in the order of conversations. It fails with AccountUnknown if the user is not an
// account.
func (s Service) ListLabelled(ctx context.Context, user string) (Head, []Row, error) {
	h, rows, err := s.headAndRows(ctx, user, func(ctx context.Context) ([]Row, error) {
		rows, _, err := s.rowsWithData(ctx, user, false)
		return rows, err
	})
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.labelledOrInFolder() })
	return h, rows, err
}

// FoldersAndRows returns a user's folders, and the conversations with some ids, in the
// order of ids. It returns a conversation even if it has no label and is in no
// folder. It fails like ListLabelled.
func (s Service) FoldersAndRows(ctx context.Context, user string, ids []chat.ID) (Head, []Row, error) {
	h, rows, err := s.headAndRows(ctx, user, func(ctx context.Context) ([]Row, error) {
		return s.rowsOf(ctx, user, ids, false)
	})
	for i := range rows {
		rows[i].User, rows[i].Chat = user, ids[i]
	}
	return h, rows, err
}

// headAndRows reads a user's head and, at the same time, some rows. It removes the
// numbers of deleted folders from the rows. It fails with AccountUnknown if the user is
// not an account; it checks the account only if it finds neither folders nor labels.
func (s Service) headAndRows(ctx context.Context, user string, read func(context.Context) ([]Row, error)) (h Head, rows []Row, err error) {
	err = s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			h, err = s.heads.Head(ctx, s.app, user, false)
			return err
		},
		func(ctx context.Context) (err error) {
			rows, err = read(ctx)
			return err
		},
	)
	if err != nil {
		return h, nil, err
	}
	live, nothing := h.FolderNumbers(), true
	for i := range rows {
		rows[i].FolderNumbers &= live
		nothing = nothing && !rows[i].labelledOrInFolder()
	}
	if nothing && h.Version == 0 {
		err = s.RequireAccount(ctx, user)
	}
	return h, rows, err
}
