package schema

// Follows is who follows whom.
const Follows Aggregate = "follows"

func follows() Descriptor {
	return Descriptor{
		Aggregate: Follows, Table: Core,
		Reads: []string{get, getMany, query, check}, Writes: []string{put, update, remove},
		Kinds: []Kind{
			{In: followsForm(), SK: FollowingPrefix + "{peer}", Prefix: FollowingPrefix, parse: accepts(ParseFollowingSK)},
			{In: followsForm(), SK: skFollowCounts, Prefix: skFollowCounts},
			{In: followersForm(), SK: "{follower}", parse: anyID},
		},
	}
}

// FollowingPrefix begins the sort keys of those whom a user follows.
const FollowingPrefix = "FO#"

const skFollowCounts = "FC"

// Attributes of a follow, `FO#{peer}` and `{app}#F#{user}`
const (
	FollowTime   Attribute = "t" // number, s: when the follow began
	FollowMutual Attribute = "m" // number: 1 if the two users follow each other
)

// Attributes of the counts of follows, `FC`
const (
	FollowCountsFollowing Attribute = "fo" // number: users whom the user follows
	FollowCountsFollowers Attribute = "fr" // number: followers of the user
	FollowCountsMutual    Attribute = "mu" // number: those who are both
)

func followsForm() Form { return Form{Kind: "FO", ID: "user"} }

// FollowsPK is the partition of those whom a user follows.
func FollowsPK(app int64, user string) string { return followsForm().pk(app, user) }

// FollowingKey says that user follows peer. It is in the partition of user.
func FollowingKey(app int64, user, peer string) Key {
	return Key{PK: FollowsPK(app, user), SK: FollowingPrefix + peer}
}

// ParseFollowingSK returns who is followed.
func ParseFollowingSK(sk string) (peer string, ok bool) { return cutID(sk, FollowingPrefix) }

// FollowCountsKey counts whom a user follows and who follows the user (FC).
func FollowCountsKey(app int64, user string) Key {
	return Key{PK: FollowsPK(app, user), SK: skFollowCounts}
}

func followersForm() Form { return Form{Kind: "F", ID: "user"} }

// FollowersPK is the partition of those who follow a user.
func FollowersPK(app int64, user string) string { return followersForm().pk(app, user) }

// FollowerKey says that follower follows user. It is in a partition of its own, because
// the number of followers has no limit.
func FollowerKey(app int64, user, follower string) Key {
	return Key{PK: FollowersPK(app, user), SK: follower}
}
