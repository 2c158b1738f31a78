package direct

import "context"

// A Sender is what an app shows next to the messages of a user.
type Sender struct{ User, Nick, Face string }

// Senders returns the nicknames and faces of users. It leaves out users who have
// neither.
func (s Service) Senders(ctx context.Context, users ...string) ([]Sender, error) {
	list, err := s.Store.Accounts(ctx, s.App, users)
	if err != nil {
		return nil, err
	}
	var out []Sender
	for _, a := range list {
		if a.Alive() && a.Nick+a.Face != "" {
			out = append(out, Sender{User: a.ID, Nick: a.Nick, Face: a.Face})
		}
	}
	return out, nil
}
