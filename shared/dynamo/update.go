package dynamo

import (
	"context"
	"errors"
	"fmt"

	"parley/shared/dynamo/calls"
	"parley/shared/dynamo/names"
	"parley/shared/retry"
)

// An Update changes attributes of one item on a condition, and makes the item if it does
// not exist. Its methods add to it and return it, so that it can be written as one
// expression:
//
//	dynamo.NewUpdate(key).Set(name, dynamo.Str("alice")).Remove(draft).If(dynamo.ItemExists())
//
// DynamoDB evaluates all changes and conditions on the item as it was before the update.
type Update struct {
	key        Key
	sets       []change
	removes    []names.Operand
	adds       []change
	deletes    []change
	conditions []Condition
	returning  string
}

// A change gives an attribute a value.
type change struct {
	target names.Operand
	source Attribute // the value is that of this attribute, if the item has it
	value  Value     // else it is this one; nil: the item has source
}

// NewUpdate returns an update of the item with this key, which changes nothing yet.
func NewUpdate(k Key) *Update { return &Update{key: k} }

// Set sets an attribute or a member of one.
func (u *Update) Set(o names.Operand, v Value) *Update {
	u.sets = append(u.sets, change{target: o, value: v})
	return u
}

// SetOrRemove sets an attribute. It removes the attribute if the value is nil.
func (u *Update) SetOrRemove(a Attribute, v Value) *Update {
	if v == nil {
		return u.Remove(a)
	}
	return u.Set(a, v)
}

// SetFrom sets an attribute to the value of another one, or to v if the item does not have
// the other one. If target and source are the same, it sets only what is not there.
func (u *Update) SetFrom(target, source Attribute, v Value) *Update {
	u.sets = append(u.sets, change{target: target, source: source, value: v})
	return u
}

// Copy sets an attribute to the value of another one, which the item must have.
func (u *Update) Copy(target, source Attribute) *Update {
	u.sets = append(u.sets, change{target: target, source: source})
	return u
}

// Remove removes attributes or members.
func (u *Update) Remove(list ...names.Operand) *Update {
	u.removes = append(u.removes, list...)
	return u
}

// Add adds a number to an attribute, which counts as 0 if the item does not have it, or adds
// the elements of a set.
func (u *Update) Add(a Attribute, v Value) *Update {
	u.adds = append(u.adds, change{target: a, value: v})
	return u
}

// Delete deletes elements of a set.
func (u *Update) Delete(a Attribute, v Value) *Update {
	u.deletes = append(u.deletes, change{target: a, value: v})
	return u
}

// If adds conditions. The update holds only if all of them do.
func (u *Update) If(list ...Condition) *Update {
	u.conditions = append(u.conditions, list...)
	return u
}

// ReturnOld makes Table.Update return the item as it was before the update.
func (u *Update) ReturnOld() *Update { u.returning = calls.AllOld; return u }

// ReturnNew makes Table.Update return the item as it is after the update.
func (u *Update) ReturnNew() *Update { u.returning = calls.AllNew; return u }

// Key returns the key of the item.
func (u *Update) Key() Key { return u.key }

// IsEmpty reports whether an update changes nothing.
func (u *Update) IsEmpty() bool { return len(u.sets)+len(u.removes)+len(u.adds)+len(u.deletes) == 0 }

// expression returns the update expression.
func (u *Update) expression(w *expressionWriter) *string {
	w.b.Grow(32 * (len(u.sets) + len(u.removes) + len(u.adds) + len(u.deletes)))
	clause := func(name string, i int) {
		switch {
		case i > 0:
			w.b.WriteString(", ")
		case w.b.Len() > 0:
			w.b.WriteByte(' ')
			w.b.WriteString(name)
		default:
			w.b.WriteString(name)
		}
	}
	for i, c := range u.sets {
		clause("SET ", i)
		w.writeOperand(c.target)
		w.b.WriteString(" = ")
		switch {
		case c.source == "":
			w.writeValue(c.value)
		case c.value == nil:
			w.writeName(c.source)
		default:
			w.writeFunction("if_not_exists(", c.source, c.value)
		}
	}
	for i, o := range u.removes {
		clause("REMOVE ", i)
		w.writeOperand(o)
	}
	for i, c := range u.adds {
		clause("ADD ", i)
		w.writeComparison(c.target, " ", c.value)
	}
	for i, c := range u.deletes {
		clause("DELETE ", i)
		w.writeComparison(c.target, " ", c.value)
	}
	return w.end()
}

// Update makes an update. ok is false if its condition did not hold; then item is the item
// as it is, nil if it does not exist. If the update holds, item is what it returns.
func (t Table) Update(ctx context.Context, u *Update) (item Item, ok bool, err error) {
	var w expressionWriter
	in := &calls.UpdateItemInput{
		TableName: &t.name, Key: NewItem(u.key), UpdateExpression: u.expression(&w), ConditionExpression: w.condition(All(u.conditions...)),
		ReturnValues: u.returning, ReturnValuesOnConditionCheckFailure: calls.AllOld,
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = w.nameMap(), w.valueMap()
	var out *calls.UpdateItemOutput
	err = t.client.repeat(ctx, func() error { out, err = do[calls.UpdateItemOutput](ctx, t.client, in); return err })
	if found, failed := failedCondition(err); failed {
		return found, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("update %q of %s: %w", u.key, t, err)
	}
	return out.Attributes, true, nil
}

// UpdateOrReplan makes an update that was planned from what the caller knows of an item. If its
// condition does not hold, because another call has changed the item first, plan gets the
// item as it is (nil if it does not exist) and returns the next update, or nil if there is
// nothing to write any more. written says whether an update held: then item is what the
// update returns, else it is what plan has seen last. UpdateOrReplan fails with ErrRetriesExhausted if
// no try that the policy allows holds.
//
// Example: an update counts a message on the condition that the counter is below 7. It
// fails, and the item has the counter 9: plan returns nil.
func (t Table) UpdateOrReplan(
	ctx context.Context, p retry.Policy, first *Update, plan func(found Item) (*Update, error),
) (item Item, written bool, err error) {
	u := first
	done, err := retry.Do(ctx, t.client.clock, p, func(int) (bool, error) {
		if item, written, err = t.Update(ctx, u); written || err != nil {
			return written, err
		}
		u, err = plan(item)
		return u == nil, err
	})
	if err == nil && !done {
		err = fmt.Errorf("update %q of %s: %w", first.key, t, ErrRetriesExhausted)
	}
	return item, written, err
}

// failedCondition returns the item that a failed condition found (nil if there was no
// item), and whether err is a failed condition at all.
func failedCondition(err error) (found Item, failed bool) {
	if err == nil {
		return nil, false
	}
	var exception *calls.ConditionalCheckFailedException
	if errors.As(err, &exception) {
		return exception.Item, true
	}
	return nil, false
}
