package fault

// A Field names something that a caller gave, in a word that is no vendor's. A dialect
// has its own name for each field, and writes that name into the sentence of an Error.
type Field string

// The fields of calls. The texts are for logs only.
const (
	UserName  Field = "user name" // the id of a user
	Signature Field = "signature" // what proves who the caller is

	Sender   Field = "sender"   // the user in whose name the call acts
	Receiver Field = "receiver" // the other user, or the list of them

	Elements       Field = "elements"        // the elements of a message
	ElementKind    Field = "element kind"    // what kind an element is of
	ElementContent Field = "element content" // what an element says
	CustomData     Field = "custom data"     // the custom data of a message
	Merged         Field = "merged messages" // the messages of a merged list
	MergedKey      Field = "merged key"      // the key of a merged list
	Extensible     Field = "extensible"      // whether a message is sent with support for extensions

	Keys           Field = "keys"            // the keys of several messages
	Key            Field = "key"             // the key of a message
	KeySequence    Field = "sequence"        // the sequence in a key
	KeyRandom      Field = "random"          // the random number in a key
	KeyTime        Field = "time"            // the time in a key
	Extensions     Field = "extensions"      // the extensions that a call sets or deletes
	ExtensionVerb  Field = "extension verb"  // whether extensions are set, deleted or cleared
	ExtensionKey   Field = "extension key"   // the key of an extension
	ExtensionValue Field = "extension value" // the value of an extension

	Folder Field = "folder" // a folder of conversations
	Label  Field = "label"  // a label on a conversation

	Remark  Field = "remark"  // what a user calls a friend
	Source  Field = "source"  // how two users came to be friends
	Wording Field = "wording" // what a friend request says

	Nick Field = "nick" // the nick of an account that is imported
	Face Field = "face" // the address of a picture of an account that is imported

	Instance Field = "instance" // the id of an installation
	Platform Field = "platform" // what a client runs on

	ExportKind Field = "export kind" // of which kind of conversation an export is
	ExportHour Field = "export hour" // the hour of an export

	Group         Field = "group"          // the id of a group
	GroupType     Field = "group type"     // the type of a group
	GroupName     Field = "group name"     // the name of a group
	Introduction  Field = "introduction"   // the introduction of a group
	Notice        Field = "notice"         // the announcement to the members of a group
	GroupFace     Field = "group face"     // the address of a group's picture
	Owner         Field = "owner"          // the owner of a group
	NewOwner      Field = "new owner"      // the member who becomes the owner
	MaxMembers    Field = "max members"    // how many members a group may have
	JoinOption    Field = "join option"    // what happens to a user who asks to join
	InviteOption  Field = "invite option"  // what happens to a user who is invited
	Members       Field = "members"        // the members that a call names
	MuteAll       Field = "mute all"       // whether only the owner and admins may send in a group
	Earlier       Field = "earlier"        // whether members see the messages from before they joined
	Place         Field = "place"          // where a list of groups goes on
	Role          Field = "role"           // what a user is in a group
	ReceiveOption Field = "receive option" // what happens to the messages of a group for a member
	NameCard      Field = "name card"      // the name of a member in the group
	MemberField   Field = "member field"   // a custom field of a member
	GroupField    Field = "group field"    // a custom field of a group
	MuteTime      Field = "mute time"      // for how long a member is muted
	Mentions      Field = "mentions"       // the members that a message mentions
	Receivers     Field = "receivers"      // the members to whom alone a message goes
	Numbers       Field = "numbers"        // the numbers of messages of a group
	Attributes    Field = "attributes"     // the attributes of a group
	Counters      Field = "counters"       // the counters of a group
)

// Fields lists the fields, for tables and tests. The standard fields of a profile are
// not in it: package profiles lists them.
func Fields() []Field {
	return []Field{
		UserName, Signature, Sender, Receiver, Elements, ElementKind, ElementContent, CustomData, Merged, MergedKey, Extensible,
		Keys, Key, KeySequence, KeyRandom, KeyTime, Extensions, ExtensionVerb, ExtensionKey, ExtensionValue,
		Folder, Label, Remark, Source, Wording, Nick, Face, Instance, Platform, ExportKind, ExportHour,
		Group, GroupType, GroupName, Introduction, Notice, GroupFace, Owner, NewOwner, MaxMembers, JoinOption, InviteOption, Members, Role, ReceiveOption, MuteAll, Earlier, Place,
		NameCard, MemberField, GroupField, MuteTime, Mentions, Receivers, Numbers, Attributes, Counters,
	}
}

// String returns the neutral name, as logs show it.
func (f Field) String() string { return string(f) }
