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

// customFieldPrefix begins the attribute of a custom field: c.{word}.
const customFieldPrefix = "c."

// profileAttributes returns the attributes of the standard fields. profiles.InAccount
// says which of them are in ACC; the others are in PRF.
func profileAttributes() map[profiles.Name]string {
	return map[profiles.Name]string{
		profiles.Nick: "n", profiles.Face: "fa", profiles.Allow: "al", profiles.Forbid: "nr",
		profiles.Gender: "g", profiles.Birthday: "bd", profiles.Location: "lo", profiles.Signature: "sg",
		profiles.Language: "la", profiles.MessageSettings: "ms", profiles.Level: "le", profiles.Role: "ro",
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
	items, err := s.getConfirmed(ctx, Core, keys, func(i int, item Item) bool { return i < len(users) && notAlive(item) })
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

// readProfile adds the fields of an item to a profile. account says that the item is
// ACC; else it is PRF, which has the custom fields as well.
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
		if word, ok := strings.CutPrefix(attribute, customFieldPrefix); ok {
			p.Custom[word] = text(item, attribute)
		}
	}
}

// SetProfile implements profiles.Store. If fields of PRF change, one transaction
// writes them on the condition that the account is alive.
func (s *Store) SetProfile(ctx context.Context, app int64, user string, c profiles.Mutation) error {
	attributes, account, profile := profileAttributes(), newAttributeChanges(), newAttributeChanges()
	for name, v := range c.Fields {
		changes := profile
		if profiles.InAccount(name) {
			changes = account
		}
		if name == profiles.Allow && v == "" { // the account has no value of its own: the application's holds
			changes.setOrRemove(attributes[name], v)
			continue
		}
		changes.set(attributes[name], v)
	}
	for word, v := range c.Custom {
		profile.set(customFieldPrefix+word, v)
	}
	key := AccountKey(app, user)
	if len(profile.names) == 0 {
		_, err := s.update(ctx, update{
			table: Core, key: key, set: account.expression(), cond: ifAlive, names: account.names, values: account.valuesOrNil(),
		})
		if _, failed := failedCondition(err); failed {
			return unknownAccount(user)
		}
		return err
	}
	first := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: s.name(Core), Key: key.attributes(), ConditionExpression: aws.String(ifAlive),
	}}
	if len(account.names) > 0 {
		first = types.TransactWriteItem{Update: &types.Update{
			TableName: s.name(Core), Key: key.attributes(), ConditionExpression: aws.String(ifAlive), UpdateExpression: aws.String(account.expression()),
			ExpressionAttributeNames: account.names, ExpressionAttributeValues: account.valuesOrNil(),
		}}
	}
	err := s.db.Transact(ctx, []types.TransactWriteItem{
		first,
		{Update: &types.Update{
			TableName: s.name(Core), Key: ProfileKey(app, user).attributes(), UpdateExpression: aws.String(profile.expression()),
			ExpressionAttributeNames: profile.names, ExpressionAttributeValues: profile.valuesOrNil(),
		}},
	})
	switch reasons := cancellationReasons(err); {
	case conditionFailedAt(reasons, 0):
		return unknownAccount(user)
	case reasons != nil:
		return fault.New(fault.Conflict, "another call changes the profile of %s at the same time", user)
	case err != nil:
		return fmt.Errorf("set profile: %w", err)
	}
	return nil
}

// attributeChanges collects changes of an item's attributes and makes an update
// expression of them.
type attributeChanges struct {
	sets, removes []string
	names         map[string]string
	values        Item
}

func newAttributeChanges() *attributeChanges {
	return &attributeChanges{names: make(map[string]string), values: Item{}}
}

// setOrRemove sets an attribute to a string or an int64. It removes the attribute if
// the value is empty or 0.
func (c *attributeChanges) setOrRemove(attribute string, v any) {
	if v == "" || v == int64(0) {
		n := itoa(len(c.names))
		c.names["#a"+n] = attribute
		c.removes = append(c.removes, "#a"+n)
		return
	}
	c.set(attribute, v)
}

// set sets an attribute to a string or an int64, even if it is empty or 0.
func (c *attributeChanges) set(attribute string, v any) {
	n := itoa(len(c.names))
	c.names["#a"+n] = attribute
	switch v := v.(type) {
	case string:
		c.values[":v"+n] = str(v)
	case int64:
		c.values[":v"+n] = num(v)
	}
	c.sets = append(c.sets, "#a"+n+" = :v"+n)
}

func (c *attributeChanges) expression() string {
	var parts []string
	if len(c.sets) > 0 {
		slices.Sort(c.sets)
		parts = append(parts, "SET "+strings.Join(c.sets, ", "))
	}
	if len(c.removes) > 0 {
		slices.Sort(c.removes)
		parts = append(parts, "REMOVE "+strings.Join(c.removes, ", "))
	}
	return strings.Join(parts, " ")
}

// valuesOrNil returns the values. It is nil if there are none, because DynamoDB
// refuses an empty map.
func (c *attributeChanges) valuesOrNil() Item {
	if len(c.values) == 0 {
		return nil
	}
	return c.values
}

// ForgetProfile implements profiles.Store.
func (s *Store) ForgetProfile(ctx context.Context, app int64, user string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Core), Key: ProfileKey(app, user).attributes()})
	if err != nil {
		return fmt.Errorf("forget profile: %w", err)
	}
	return nil
}
