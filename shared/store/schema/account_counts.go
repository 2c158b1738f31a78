package schema

// AccountCounts is how many accounts an application has, if its edition limits them.
const AccountCounts Aggregate = "counts"

func accountCounts() Descriptor {
	return Descriptor{
		Aggregate: AccountCounts, Table: Core,
		Writes: []string{put, update, remove},
		Kinds:  []Kind{{In: accountCountForm(), SK: skAccountCount, Prefix: skAccountCount}},
	}
}

const skAccountCount = "CN"

// Attributes of the count of an application's accounts, `CN`
const (
	AccountCount Attribute = "n" // number: accounts
)

func accountCountForm() Form { return Form{Kind: "AN"} }

// AccountCountKey counts the accounts of an application whose edition limits them (CN).
func AccountCountKey(app int64) Key {
	return Key{PK: accountCountForm().pk(app, ""), SK: skAccountCount}
}
