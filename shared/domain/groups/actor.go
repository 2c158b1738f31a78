package groups

// An Actor is who makes a change: a user, with the rights of the user's role in the group, or the
// application, which may do everything. Tips and notices name the user.
type Actor struct {
	User        string // empty: the application, in nobody's name
	Application bool   // the rights are those of the application
}

// creator returns the role with which the actor sets the custom fields of a new group.
func (a Actor) creator() Role {
	if a.Application {
		return Application
	}
	return Owner
}
