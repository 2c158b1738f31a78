package content

// A TipKind says what a Tip tells. The numbers are stored.
type TipKind int

// The kinds of tips.
const (
	TipJoined         TipKind = 1 // users joined or were added
	TipLeft           TipKind = 2 // a user left
	TipRemoved        TipKind = 3 // users were removed
	TipAdminsAdded    TipKind = 4
	TipAdminsRemoved  TipKind = 5
	TipProfileChanged TipKind = 6
	TipMemberChanged  TipKind = 7 // members were muted, or a mute ended
)

// A Tip is what a message of a group says that no user wrote: what has changed in the group. The
// names in the tags are those of the stored form (docs/data-model.md §3).
type Tip struct {
	Kind    TipKind  `json:"k"`
	By      string   `json:"b,omitempty"` // the user who made the change; empty: the application
	Users   []string `json:"u,omitempty"` // whom it concerns
	Members int      `json:"n,omitempty"` // how many members the group has now; of TipJoined, TipLeft and TipRemoved
	Invited bool     `json:"i,omitempty"` // of TipJoined: the users were added and did not ask
	Changes []Change `json:"c,omitempty"` // of TipProfileChanged
	// MutedSeconds is for how long Users are muted; 0: their mute has ended. Of TipMemberChanged.
	MutedSeconds int64 `json:"m,omitempty"`
}

// A Change is one field of a profile with its new value.
type Change struct {
	Field ProfileField `json:"f"`
	Key   string       `json:"k,omitempty"` // of a custom field: its name
	Value string       `json:"v,omitempty"` // "true" or "false" of MuteAll
}

// A ProfileField is a field of a group's profile that a Tip can name.
type ProfileField string

// The fields.
const (
	NameField         ProfileField = "name"
	IntroductionField ProfileField = "introduction"
	NoticeField       ProfileField = "notice"
	FaceField         ProfileField = "face"
	OwnerField        ProfileField = "owner"
	CustomField       ProfileField = "custom"
	MuteAllField      ProfileField = "mute-all"
	JoinField         ProfileField = "join option"
	InviteField       ProfileField = "invite option"
)
