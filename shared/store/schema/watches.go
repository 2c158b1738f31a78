package schema

// Watches is the subscriptions to the presence of users. One subscription is two items.
const Watches Aggregate = "watches"

func watches() Descriptor {
	return Descriptor{
		Aggregate: Watches, Table: Live,
		Reads: []string{getMany, query}, Writes: []string{put, update, remove},
		Kinds: []Kind{
			{In: watchersForm(), SK: "{watcher}", parse: anyID},
			{In: watchedForm(), SK: "{target}", parse: anyID},
			{In: watchedForm(), SK: "~", Prefix: WatchCountSK},
		},
	}
}

// WatchCountSK is the sort key of the count of subscriptions. It sorts before all ids,
// because ids are printable.
const WatchCountSK = IDEnd

// Attributes of the count of a user's subscriptions, `~`
const (
	WatchCount Attribute = "n" // number: subscriptions of the watcher
)

func watchersForm() Form { return Form{Kind: "PS", ID: "target"} }
func watchedForm() Form  { return Form{Kind: "PW", ID: "watcher"} }

// WatchersPK is the partition of those who subscribed to the presence of target.
func WatchersPK(app int64, target string) string { return watchersForm().pk(app, target) }

// WatcherKey is watcher's subscription to the presence of target.
func WatcherKey(app int64, target, watcher string) Key {
	return Key{PK: WatchersPK(app, target), SK: watcher}
}

// WatchedPK is the partition of those to whose presence watcher subscribed.
func WatchedPK(app int64, watcher string) string { return watchedForm().pk(app, watcher) }

// WatchedKey is the same subscription as WatcherKey, in the partition of watcher.
func WatchedKey(app int64, watcher, target string) Key {
	return Key{PK: WatchedPK(app, watcher), SK: target}
}

// WatchCountKey counts the subscriptions of watcher.
func WatchCountKey(app int64, watcher string) Key {
	return Key{PK: WatchedPK(app, watcher), SK: WatchCountSK}
}
