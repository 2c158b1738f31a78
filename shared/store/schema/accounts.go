package schema

// Accounts is the accounts of users.
const Accounts Aggregate = "accounts"

func accounts() Descriptor {
	return Descriptor{
		Aggregate: Accounts, Table: Core,
		Reads: []string{get, getMany, check}, Writes: []string{put, update, remove}, Twins: [][]string{{get, getMany}},
		Kinds: []Kind{
			{In: accountForm(), SK: skAccount, Prefix: skAccount},
		},
	}
}

const skAccount = "ACC"

// Attributes of an account, `ACC`
const (
	AccountNick             Attribute = "n"   // text: nickname
	AccountFace             Attribute = "fa"  // text: face, a URL
	AccountCreated          Attribute = "ct"  // number, s: when the account was created
	AccountAllow            Attribute = "al"  // text: what happens to friend requests to the user; absent: what the application says
	AccountNoRequests       Attribute = "nr"  // text: "yes" if the user may send no friend requests
	AccountSignaturesFrom   Attribute = "se"  // number, s: signatures that are dated up to this second are void
	AccountBannedUntil      Attribute = "bn"  // number, s: when the ban ends
	AccountMutedUntil       Attribute = "mc"  // number, s: until when the user may not write in one-to-one conversations
	AccountGroupsMutedUntil Attribute = "mg"  // number, s: the same in groups
	AccountDeleted          Attribute = "del" // number, s: when the account was deleted
	AccountSwept            Attribute = "sw"  // number: 1 if the data of the deleted account is removed
	AccountRemovalUntil     Attribute = "so"  // number, ms: when the claim of a worker ends that removes the data
	AccountReborn           Attribute = "rb"  // number, s: the account lives from this second on, because another one had the id before (docs/adr/0023)
	AccountIndexed          Attribute = "im"  // number: 1 if the rows of the user are put into the indexes (docs/adr/0026)
)

func accountForm() Form { return Form{Kind: "C", ID: "user"} }

// AccountKey is the account of a user (ACC). It is in a partition of its own, because who
// may write conversations must not write bans and mutes.
func AccountKey(app int64, user string) Key {
	return Key{PK: accountForm().pk(app, user), SK: skAccount}
}
