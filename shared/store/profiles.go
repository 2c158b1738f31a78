package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/profiles"
	"parley/shared/fault"
)

// customField begins the attribute of a custom field: c.{word}.
const customField = "c."

// profileAttributes are the attributes of standard fields, in ACC or in PRF.
func profileAttributes() map[profiles.Name]string {
	return map[profiles.Name]string{
		profiles.Nick: "n", profiles.Face: "fa", profiles.Allow: "al", profiles.Forbid: "nr",
		profiles.Gender: "g", profiles.Birthday: "bd", profiles.Location: "lo", profiles.Signature: "sg",
		profiles.Language: "la", profiles.MsgSettings: "ms", profiles.Level: "le", profiles.Role: "ro",
		profiles.Email: "em", profiles.Birth: "bi", profiles.Mobile: "mo", profiles.Phone: "ph",
		profiles.Extra: "ex", profiles.Metadata: "md",
	}
}

// Profiles implements profiles.Store.
func (s *Store) Profiles(ctx context.Context, app int64, users []string, whole bool) ([]*profiles.Profile, error) {
	keys := make([]Key, 0, 2*len(users))
	for _, user := range users {
		keys = append(keys, AccountKey(app, user))
	}
	if whole {
		for _, user := range users {
			keys = append(keys, ProfileKey(app, user))
		}
	}
	items, err := s.confirmed(ctx, Core, keys, func(i int, item Item) bool { return i < len(users) && dead(item) })
	if err != nil {
		return nil, err
	}
	attributes, out := profileAttributes(), make([]*profiles.Profile, len(users))
	for i, user := range users {
		if !readAccount(user, items[i]).Alive() {
			continue
		}
		p := &profiles.Profile{User: user, Fields: make(map[profiles.Name]any), Custom: make(map[string]string)}
		readProfile(p, items[i], attributes, true)
		if whole {
			readProfile(p, items[len(users)+i], attributes, false)
		}
		out[i] = p
	}
	return out, nil
}

func readProfile(p *profiles.Profile, item Item, attributes map[profiles.Name]string, account bool) {
	for name, attribute := range attributes {
		if profiles.InAccount(name) != account || !has(item, attribute) {
			continue
		}
		if name.Number() {
			p.Fields[name] = integer(item, attribute)
		} else {
			p.Fields[name] = text(item, attribute)
		}
	}
	if account {
		return
	}
	for attribute := range item {
		if word, ok := strings.CutPrefix(attribute, customField); ok {
			p.Custom[word] = text(item, attribute)
		}
	}
}

// SetProfile implements profiles.Store. Where fields outside the account change,
// the account is a condition of the same transaction.
func (s *Store) SetProfile(ctx context.Context, app int64, user string, c profiles.Change) error {
	attributes, account, rest := profileAttributes(), newSetting(), newSetting()
	for name, v := range c.Fields {
		to := rest
		if profiles.InAccount(name) {
			to = account
		}
		if name == profiles.Allow && v == "" { // as the application has it: no value of its own
			to.put(attributes[name], v)
			continue
		}
		to.keep(attributes[name], v)
	}
	for word, v := range c.Custom {
		rest.keep(customField+word, v)
	}
	living := aws.String(alive)
	key := AccountKey(app, user)
	if len(rest.names) == 0 {
		_, err := s.update(ctx, update{
			table: Core, key: key, set: account.expression(), cond: alive, names: account.names, values: account.given(),
		})
		if _, failed := refused(err); failed {
			return unknownAccount(user)
		}
		return err
	}
	first := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: s.name(Core), Key: key.attributes(), ConditionExpression: living,
	}}
	if len(account.names) > 0 {
		first = types.TransactWriteItem{Update: &types.Update{
			TableName: s.name(Core), Key: key.attributes(), ConditionExpression: living, UpdateExpression: aws.String(account.expression()),
			ExpressionAttributeNames: account.names, ExpressionAttributeValues: account.given(),
		}}
	}
	err := s.db.Transact(ctx, []types.TransactWriteItem{
		first,
		{Update: &types.Update{
			TableName: s.name(Core), Key: ProfileKey(app, user).attributes(), UpdateExpression: aws.String(rest.expression()),
			ExpressionAttributeNames: rest.names, ExpressionAttributeValues: rest.given(),
		}},
	})
	switch reasons := cancelled(err); {
	case failedAt(reasons, 0):
		return unknownAccount(user)
	case reasons != nil:
		return fault.New(fault.Conflict, "another call changes the profile of %s at the same time", user)
	case err != nil:
		return fmt.Errorf("set profile: %w", err)
	}
	return nil
}

// A setting is an update expression in the making.
type setting struct {
	set, remove []string
	names       map[string]string
	values      Item
}

func newSetting() *setting { return &setting{names: make(map[string]string), values: Item{}} }

// put sets an attribute to a text or a number; nothing removes it.
func (s *setting) put(attribute string, v any) {
	if v == "" || v == int64(0) {
		n := itoa(len(s.names))
		s.names["#a"+n] = attribute
		s.remove = append(s.remove, "#a"+n)
		return
	}
	s.keep(attribute, v)
}

// keep sets an attribute to a text or a number, also to an empty one or 0.
func (s *setting) keep(attribute string, v any) {
	n := itoa(len(s.names))
	s.names["#a"+n] = attribute
	switch v := v.(type) {
	case string:
		s.values[":v"+n] = str(v)
	case int64:
		s.values[":v"+n] = num(v)
	}
	s.set = append(s.set, "#a"+n+" = :v"+n)
}

func (s *setting) expression() string {
	var parts []string
	if len(s.set) > 0 {
		slices.Sort(s.set)
		parts = append(parts, "SET "+strings.Join(s.set, ", "))
	}
	if len(s.remove) > 0 {
		slices.Sort(s.remove)
		parts = append(parts, "REMOVE "+strings.Join(s.remove, ", "))
	}
	return strings.Join(parts, " ")
}

// given are the values, nil where there are none, as the service wants it.
func (s *setting) given() Item {
	if len(s.values) == 0 {
		return nil
	}
	return s.values
}

// ForgetProfile implements profiles.Store.
func (s *Store) ForgetProfile(ctx context.Context, app int64, user string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Core), Key: ProfileKey(app, user).attributes()})
	if err != nil {
		return fmt.Errorf("forget profile: %w", err)
	}
	return nil
}
