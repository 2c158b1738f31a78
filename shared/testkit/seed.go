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
	"parley/shared/domain/sessions"
	"parley/shared/store"
)

// Seed makes what a case needs to be there. One line each:
//
//	account USER [NICK]             import an account
//	accounts N                      import u1 ... uN
//	deleted USER                    import and delete an account
//	ban|mute USER DURATION          from now on
//	revoke USER                     signatures made until now are void
//	block OWNER PEER                put peer on owner's blocklist
//	connect|disconnect USER PLATFORM INSTANCE  open or close a connection "USER/INSTANCE"
//	message FROM TO RANDOM [TEXT]   send a text, with MsgSeq = RANDOM
//	messages FROM TO N [TEXT]       send N texts, a second apart
//	fan USER N                      u1 ... uN send a text each to USER, a second apart
//	batch USER N                    USER sends a text to u1 ... uN
//	background|logout USER PLATFORM INSTANCE  mark the device, sign it out
//	reconnect USER PLATFORM INSTANCE NAME  the same installation as "USER/NAME"
//	quiet|aside FROM TO RANDOM      send a text without unread, or aside
//	read READER PEER [ORDINAL]      mark as read
//	clear USER PEER                 hide the user's history so far
//	sleep DURATION                  move the clock
//	posts CONNECTION FAULT [TIMES]  make posts fail: gone, throttle, refuse
//	edition|policy NAME             change the application's edition, its login policy
//	instances NATIVE WEB            allow as many devices of a platform
//	peak N                          expect as many devices online
//	disable | keyless               switch the application off, end its keys
//	admin USER                      add an admin
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
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			return err
		}
		name := map[string]string{"ban": "bn", "mute": "mc"}[word]
		return w.Set(ctx, store.Core, account, store.Item{name: Number(now + int64(d.Seconds()))})
	case "revoke":
		return w.Set(ctx, store.Core, account, store.Item{"se": Number(now)})
	case "block":
		return w.Set(ctx, store.Core, store.BlockKey(w.ID, arg(0), arg(1)), nil)
	case "connect":
		return w.Connect(ctx, t, arg(0), arg(1), arg(2))
	case "disconnect":
		return t.Sessions.Disconnect(ctx, arg(0), sessions.Link{
			Connection: arg(0) + "/" + arg(2), Instance: arg(2), Platform: sessions.Platform(arg(1)),
		}, "closed")
	case "background":
		return t.Sessions.SetBackground(ctx, arg(0), sessions.Link{Instance: arg(2), Platform: sessions.Platform(arg(1))}, true)
	case "logout":
		return t.Sessions.Logout(ctx, arg(0), sessions.Link{Instance: arg(2), Platform: sessions.Platform(arg(1))})
	case "message", "quiet", "aside":
		return w.seedMessage(ctx, t.Messages, word, args)
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
		return t.Sessions.Connect(ctx, arg(0), sessions.Link{
			Connection: arg(0) + "/" + arg(3), Instance: arg(2), Platform: sessions.Platform(arg(1)),
		})
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
	case "sleep":
		d, err := time.ParseDuration(arg(0))
		w.Clock.Move(d)
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
	case "policy":
		a.Settings.LoginPolicy = sessions.Policy(arg(0))
		_, err := w.App.Apps.Update(ctx, w.ID, a.Settings)
		return err
	case "peak":
		if a.Settings.PeakOnline, err = strconv.Atoi(arg(0)); err == nil {
			_, err = w.App.Apps.Update(ctx, w.ID, a.Settings)
		}
		return err
	case "instances":
		_, err := fmt.Sscan(strings.Join(args, " "), &a.Settings.NativeInstances, &a.Settings.WebInstances)
		if err == nil {
			_, err = w.App.Apps.Update(ctx, w.ID, a.Settings)
		}
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

func (w *World) seedMessage(ctx context.Context, s messages.Service, word string, args []string) error {
	n, err := strconv.ParseUint(args[2], 10, 32)
	if err != nil {
		return err
	}
	random := uint32(n)
	words := strings.Join(args[3:], " ")
	if words == "" {
		words = "text " + args[2]
	}
	_, err = s.Send(ctx, messages.Draft{
		From: args[0], To: args[1], Seq: &random, Random: random, Trusted: true, NoUnread: word == "quiet",
		Sync:    map[bool]messages.Sync{true: messages.SyncNothing}[word == "aside"],
		Content: messages.Content{Elements: []messages.Element{Text(words)}},
	})
	return err
}
