package testkit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/domain/relations"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/store"
)

// Seed makes what a case needs to be there. One line each:
//
//	account USER [NICK]             import an account
//	accounts N                      import u1 ... uN
//	deleted USER                    import and delete an account
//	sweep                           remove the data of deleted accounts, as the worker does
//	claim USER DURATION             a worker has the removal of a deleted account
//	ban|mute USER DURATION|ever     from now on
//	nospeaking USER C2C GROUPS      mute for seconds as setnospeaking does; "-" leaves one as it is
//	revoke USER                     signatures made until now are void
//	block OWNER PEER                put peer on owner's blocklist
//	connect|disconnect USER PLATFORM INSTANCE [REASON]  open or close a connection "USER/INSTANCE"
//	status USER TEXT                what the user chose to show
//	watch|unwatch WATCHER TARGET... subscribe to the status of users, or end that
//	watchers TARGET N               u1 ... uN subscribe to the status of TARGET
//	told USER                       the worker tells watchers the user's status
//	message FROM TO RANDOM [TEXT]   send a text, with MsgSeq = RANDOM
//	messages FROM TO N [TEXT]       send N texts, a second apart
//	fan USER N                      u1 ... uN send a text each to USER, a second apart
//	imported FROM TO AGO RANDOM [TEXT]  import a text of a time ago as history, with MsgSeq = RANDOM
//	merged USER N [PEER RANDOM]     import a list of N merged texts, and forward it
//	batch USER N                    USER sends a text to u1 ... uN
//	background|logout USER PLATFORM INSTANCE  mark the device, sign it out
//	reconnect USER PLATFORM INSTANCE NAME  the same installation as "USER/NAME"
//	quiet|aside FROM TO RANDOM      send a text without unread, or aside
//	receipt|extensible FROM TO RANDOM  send a text that asks for a receipt, or takes extensions
//	recall FROM TO KEY              the application recalls a message
//	edit FROM TO KEY TEXT           the application gives a message another text
//	hide USER PEER KEY...           USER deletes messages for himself
//	react USER PEER KEY REACTION... USER reacts to a message
//	confirm READER SENDER KEY...    READER sends read receipts
//	pairs FROM TO KEY N             the application attaches p1 ... pN to a message, 200 a minute
//	read READER PEER [ORDINAL]      mark as read
//	option USER PEER N              the receive option: 0 notify, 1 silent, 2 discard
//	clear USER PEER                 hide the user's history so far
//	pin USER PEER...                pin conversations, a second apart
//	tag USER PEER MARK...           set standard marks of a conversation
//	folder USER NAME [PEER]...      make a conversation group, put conversations into it
//	draft USER PEER TEXT            keep a draft
//	drop USER PEER [history]        delete a conversation
//	rows USER N [indexed]           as if N others, p000000 on, had written to USER, a second apart, until now
//	indexed USER                    the worker indexes the user's conversations, whole
//	shelf USER KEPT PINNED          as if the user had so many conversations with data, and pins
//	follow FROM TO                  from follows to
//	follows USER N                  USER follows u1 ... uN
//	followers USER N                u1 ... uN follow USER
//	following USER N                as if USER followed N others
//	sleep DURATION                  move the clock
//	posts CONNECTION FAULT [TIMES]  make posts fail: gone, throttle, refuse; stuck: it cannot be closed
//	break N                         the next N changes of sessions fail
//	edition NAME                    change the application's edition
//	disable | keyless               switch the application off, end its keys
//	admin USER                      add an admin
//	limit NAME N                    friends, blocked, lists, requests, following, watched or history: another limit
//	set NAME [VALUE]                recall SECONDS, pictures MB, files MB, wording; friends-only, block-silently, follow; allow CHOICE; native N; web N; peak N; policy NAME
//	field profile|friend WORD [USER RIGHTS]  declare a custom field; rights are of r and w
//	allow USER any|confirm|deny     what happens to friend requests
//	collect A B...                  the worker takes the messages of A and B from the stream
//	merge | expire                  make hourly files, remove those whose time is over
//	neighbour                       another application stands after this one in the list
//	forbid USER                     the user may not ask others to be friends
//	friends A B...                  make A a friend of each, both ways
//	oneway A B...                   put each into A's friend table alone
//	held USER N                     put USER into the friend tables of u1 ... uN
//	unfriend A B                    remove B from A's friend table, and A from B's
//	profile USER FIELD=VALUE        set a field of a profile; ".WORD" is a custom one
//	request FROM TO [WORDING]       file a friend request
//	list USER NAME [FRIEND]...      make a friend list
func (w *World) Seed(ctx context.Context, text string) error {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := w.seedLine(ctx, words[0], words[1:]); err != nil {
			return fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
	}
	return nil
}

func (w *World) seedLine(ctx context.Context, word string, args []string) error {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	a, err := w.App.Apps.Get(ctx, w.ID)
	if err != nil {
		return err
	}
	t, now := w.App.For(&a), w.Clock.Now().Unix()
	account := store.AccountKey(w.ID, arg(0))
	switch word {
	case "account":
		return t.Accounts.Import(ctx, accounts.Draft{ID: arg(0), Nick: strings.Join(args[1:], " ")})
	case "accounts":
		n, err := strconv.Atoi(arg(0))
		for i := 1; i <= n && err == nil; i++ {
			err = t.Accounts.Import(ctx, accounts.Draft{ID: fmt.Sprintf("u%d", i)})
		}
		return err
	case "deleted":
		t.Accounts.Deleting = true
		err := t.Accounts.Import(ctx, accounts.Draft{ID: arg(0)})
		if err == nil {
			_, err = t.Accounts.Delete(ctx, []string{arg(0)})
		}
		return err
	case "ban", "mute":
		end := int64(accounts.Forever)
		if arg(1) != "ever" {
			d, err := time.ParseDuration(arg(1))
			if err != nil {
				return err
			}
			end = now + int64(d.Seconds())
		}
		name := map[string]string{"ban": "bn", "mute": "mc"}[word]
		return w.Set(ctx, store.Core, account, store.Item{name: Number(end)})
	case "claim":
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			return err
		}
		return w.Set(ctx, store.Core, account, store.Item{"so": Number(w.Clock.Now().Add(d).UnixMilli())})
	case "nospeaking":
		var d [2]*time.Duration
		for i, text := range []string{arg(1), arg(2)} {
			if text == "-" {
				continue
			}
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return err
			}
			if d[i] = new(time.Duration(n) * time.Second); n == 1<<32-1 {
				*d[i] = accounts.Endless
			}
		}
		return t.Accounts.Mute(ctx, arg(0), d[0], d[1])
	case "sweep":
		for list := w.Removals.Take(); len(list) > 0; list = w.Removals.Take() {
			for _, r := range list {
				if err := t.Accounts.Sweep(ctx, r.Job); err != nil {
					return err
				}
			}
		}
		return nil
	case "revoke":
		return w.Set(ctx, store.Core, account, store.Item{"se": Number(now)})
	case "block":
		_, err := t.Relations.Block(ctx, arg(0), args[1:], delivery.Origin{})
		return err
	case "limit", "set", "field":
		if err := setting(&a.Settings, word, args); err != nil {
			return err
		}
		_, err := w.App.Apps.Update(ctx, w.ID, a.Settings)
		return err
	case "allow":
		return w.Set(ctx, store.Core, account, store.Item{"al": stringValue(arg(1))})
	case "collect":
		event, err := w.streamEvent("INSERT " + strings.Join(args, " "))
		if err != nil {
			return err
		}
		return w.collect(ctx, event)
	case "merge":
		return w.App.Archive().Merge(ctx)
	case "expire":
		return w.App.Archive().Expire(ctx)
	case "neighbour":
		return w.Set(ctx, store.Core, store.RegistryKey(w.ID+1), store.Item{"n": stringValue("next"), "ct": Number(now)})
	case "forbid":
		return w.Set(ctx, store.Core, account, store.Item{"nr": stringValue("yes")})
	case "profile":
		return seedProfile(ctx, t.Profiles, arg(0), arg(1))
	case "friends", "oneway", "request", "list", "unfriend", "held":
		return w.seedRelation(ctx, t.Relations, word, args)
	case "connect":
		return w.Connect(ctx, t, arg(0), arg(1), arg(2))
	case "disconnect":
		reason := "closed"
		if arg(3) != "" {
			reason = arg(3)
		}
		_, err := t.Sessions.Disconnect(ctx, arg(0), sessions.Link{
			Connection: arg(0) + "/" + arg(2), Instance: arg(2), Platform: sessions.Platform(arg(1)),
		}, reason)
		return err
	case "status":
		return w.Set(ctx, store.Live, store.SessionKey(w.ID, arg(0)), store.Item{"st": stringValue(arg(1))})
	case "watch":
		_, err := t.Presence.Subscribe(ctx, arg(0), args[1:])
		return err
	case "unwatch":
		return t.Presence.Unsubscribe(ctx, arg(0), args[1:])
	case "watchers":
		n, err := strconv.Atoi(arg(1))
		for i := 1; i <= n && err == nil; i++ {
			_, err = t.Presence.Subscribe(ctx, fmt.Sprintf("u%d", i), []string{arg(0)})
		}
		return err
	case "told":
		return t.Presence.Tell(ctx, delivery.Announcement{App: w.ID, User: arg(0), Crowd: delivery.Watchers})
	case "background":
		return t.Sessions.SetBackground(ctx, arg(0), sessions.Link{Instance: arg(2), Platform: sessions.Platform(arg(1))}, true)
	case "logout":
		_, err := t.Sessions.Logout(ctx, arg(0), sessions.Link{Instance: arg(2), Platform: sessions.Platform(arg(1))})
		return err
	case "pairs":
		return w.seedPairs(ctx, t.Messages, args)
	case "recall", "edit", "hide", "react", "confirm":
		return seedChange(ctx, t.Messages, word, args)
	case "message", "quiet", "aside", "receipt", "extensible":
		return w.seedMessage(ctx, t.Messages, word, args)
	case "merged":
		return w.seedMerged(ctx, t.Messages, args)
	case "imported":
		ago, err := time.ParseDuration(arg(2))
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(arg(3), 10, 32)
		random := uint32(n)
		if err != nil {
			return err
		}
		return t.Messages.Import(ctx, messages.Import{
			From: arg(0), To: arg(1), Seq: &random, Random: random, Time: now - int64(ago.Seconds()),
			Content: messages.Content{Elements: []messages.Element{Text(strings.Join(args[4:], " "))}},
		})
	case "messages":
		n, err := strconv.Atoi(arg(2))
		for i := 1; i <= n && err == nil; i++ {
			err = w.seedMessage(ctx, t.Messages, "message", append([]string{arg(0), arg(1), strconv.Itoa(i)}, args[3:]...))
			w.Clock.Move(time.Second)
		}
		return err
	case "fan":
		n, err := strconv.Atoi(arg(1))
		for i := 1; i <= n && err == nil; i++ {
			err = w.seedMessage(ctx, t.Messages, "message", []string{fmt.Sprintf("u%d", i), arg(0), "1"})
			w.Clock.Move(time.Second)
		}
		return err
	case "batch":
		n, err := strconv.Atoi(arg(1))
		if err != nil {
			return err
		}
		var to []string
		for i := 1; i <= n; i++ {
			to = append(to, fmt.Sprintf("u%d", i))
		}
		one := uint32(1)
		_, _, err = t.Messages.SendBatch(ctx, messages.Draft{
			From: arg(0), Seq: &one, Random: 1, Trusted: true,
			Content: messages.Content{Elements: []messages.Element{Text("batch")}},
		}, to)
		return err
	case "reconnect":
		_, err := t.Sessions.Connect(ctx, arg(0), sessions.Link{
			Connection: arg(0) + "/" + arg(3), Instance: arg(2), Platform: sessions.Platform(arg(1)),
		})
		return err
	case "read":
		var upTo *int64
		if arg(2) != "" {
			n, err := strconv.ParseInt(arg(2), 10, 64)
			if err != nil {
				return err
			}
			upTo = &n
		}
		_, err := t.Conversations.Read(ctx, arg(0), arg(1), upTo, delivery.Origin{})
		return err
	case "clear":
		k := store.MessageSK(messages.Key{Time: now, Seq: 1<<32 - 1, Random: 1<<32 - 1})
		return w.Set(ctx, store.Core, store.PeerKey(w.ID, arg(0), arg(1)), store.Item{"cl": stringValue(k)})
	case "pin", "tag", "folder", "draft", "option", "drop":
		return w.seedConversation(ctx, t.Conversations, word, args)
	case "rows":
		n, err := strconv.Atoi(arg(1))
		if err != nil {
			return err
		}
		return w.Rows(ctx, arg(0), n, arg(2) == "indexed")
	case "indexed":
		return w.Index(ctx, t.Conversations, arg(0))
	case "shelf":
		var n [2]int64
		for i := range n {
			if n[i], err = strconv.ParseInt(arg(1+i), 10, 64); err != nil {
				return err
			}
		}
		return w.Set(ctx, store.Core, store.FoldersKey(w.ID, arg(0)), store.Item{"n": Number(n[0]), "np": Number(n[1])})
	case "follow":
		return only(t.Follows.Follow(ctx, arg(0), args[1:2]))
	case "follows", "followers":
		n, err := strconv.Atoi(arg(1))
		for i := 1; i <= n && err == nil; i++ {
			from, to := arg(0), fmt.Sprintf("u%d", i)
			if word == "followers" {
				from, to = to, from
			}
			err = only(t.Follows.Follow(ctx, from, []string{to}))
		}
		return err
	case "following":
		n, err := strconv.ParseInt(arg(1), 10, 64)
		if err != nil {
			return err
		}
		return w.Set(ctx, store.Core, store.FollowsKey(w.ID, arg(0)), store.Item{"fo": Number(n)})
	case "sleep":
		d, err := time.ParseDuration(arg(0))
		w.Clock.Move(d)
		return err
	case "break":
		n, err := strconv.ParseInt(arg(0), 10, 64)
		w.broken.Store(n)
		return err
	case "posts":
		times := 0
		if arg(2) != "" {
			if times, err = strconv.Atoi(arg(2)); err != nil {
				return err
			}
		}
		w.Posts.Fail(arg(0), Fault(arg(1)), times)
		return nil
	case "edition":
		a.Settings.Edition = apps.Edition(arg(0))
		_, err := w.App.Apps.Update(ctx, w.ID, a.Settings)
		return err
	case "disable":
		a.Settings.Disabled = true
		_, err := w.App.Apps.Update(ctx, w.ID, a.Settings)
		return err
	case "keyless":
		return w.Set(ctx, store.Core, store.SecretKey(w.ID, 1), store.Item{"un": Number(now)})
	case "admin":
		_, err := w.App.Apps.AddAdmin(ctx, w.ID, arg(0))
		return err
	}
	return errors.New("no such seed")
}

// only returns the error of the only item of a batch.
func only(errs []error, err error) error { return errors.Join(append(errs, err)...) }

// setting changes a setting of the application.
func setting(s *apps.Settings, word string, args []string) error {
	number := func(text string, to *int) (err error) {
		*to, err = strconv.Atoi(text)
		return err
	}
	switch word + " " + args[0] {
	case "limit friends":
		return number(args[1], &s.Override.Friends)
	case "limit blocked":
		return number(args[1], &s.Override.Blocked)
	case "limit lists":
		return number(args[1], &s.Override.Lists)
	case "limit requests":
		return number(args[1], &s.Override.Requests)
	case "limit following":
		return number(args[1], &s.Override.Following)
	case "limit history":
		return number(args[1], &s.Override.HistoryDays)
	case "limit watched":
		return number(args[1], &s.Override.Watched)
	case "set native":
		return number(args[1], &s.NativeInstances)
	case "set web":
		return number(args[1], &s.WebInstances)
	case "set recall":
		return number(args[1], &s.RecallSeconds)
	case "set pictures":
		return number(args[1], &s.PictureMB)
	case "set files":
		return number(args[1], &s.FileMB)
	case "set wording":
		s.RequestWording = true
	case "set peak":
		return number(args[1], &s.PeakOnline)
	case "set policy":
		s.LoginPolicy = sessions.Policy(args[1])
	case "set allow":
		s.Allow = accounts.Allow(args[1])
	case "set friends-only":
		s.FriendsOnly = true
	case "set block-silently":
		s.BlockSilently = true
	case "set follow":
		s.Follow = true
	case "field profile", "field friend":
		f := apps.Field{Word: args[1]}
		if len(args) > 2 {
			f.UserReads, f.UserWrites = strings.Contains(args[2], "r"), strings.Contains(args[2], "w")
		}
		if args[0] == "friend" {
			s.FriendFields = append(s.FriendFields, f)
		} else {
			s.ProfileFields = append(s.ProfileFields, f)
		}
	default:
		return errors.New("no such setting")
	}
	return nil
}

// seedRelation makes relations and fails where one of them is refused.
func (w *World) seedRelation(ctx context.Context, s relations.Service, word string, args []string) error {
	var errs []error
	var err error
	switch word {
	case "friends", "oneway":
		asks := make([]relations.Ask, len(args)-1)
		for i, peer := range args[1:] {
			asks[i].To = peer
		}
		errs, err = s.Add(ctx, args[0], asks, relations.AddOptions{Both: word == "friends", Force: true})
	case "request":
		ask := relations.Ask{To: args[1], Wording: strings.Join(args[2:], " ")}
		errs, err = s.Add(ctx, args[0], []relations.Ask{ask}, relations.AddOptions{Both: true})
		if len(errs) == 1 && fault.Is(errs[0], fault.RequestPending) {
			errs = nil
		}
	case "held":
		n, bad := strconv.Atoi(args[1])
		for i := 1; i <= n && bad == nil; i++ {
			if _, bad = s.Add(ctx, fmt.Sprintf("u%d", i), []relations.Ask{{To: args[0]}}, relations.AddOptions{Force: true}); bad != nil {
				break
			}
		}
		err = bad
	case "unfriend":
		errs, err = s.Delete(ctx, args[0], args[1:2], true, delivery.Origin{})
	case "list":
		errs, _, err = s.CreateLists(ctx, args[0], args[1:2], args[2:], delivery.Origin{})
	}
	return errors.Join(append(errs, err)...)
}
