package render

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
)

// changeItems are the changes of a cluster.
func changeItems(changes []plan.Change, made time.Time, verbose bool) doc.Block {
	list := doc.Items{}
	for _, c := range changes {
		list.Items = append(list.Items, changeItem(c, made, verbose))
	}
	return list
}

func changeItem(c plan.Change, made time.Time, verbose bool) doc.Item {
	item := doc.Item{
		Sign:     c.Action.Symbol(),
		Subject:  c.Principal,
		Previous: deref(c.PreviousPrincipal),
		Note:     adminNote(c),
		Style:    doc.Change,
		Source:   c.Source,
		Reason:   c.Reason,
		Fields:   fields(c, verbose),
	}
	if c.After == nil || !c.After.IsClusterAdmin() {
		item.Style = doc.Loss
	}
	if end := ends(c, made); end != "" {
		item.Details = append(item.Details, doc.Line{Lead: doc.Padded(doc.Faint, "ends", doc.FieldWidth), Text: end})
	}
	if verbose {
		label := "steps"
		for _, s := range c.Steps {
			item.Details = append(item.Details, doc.Line{Lead: doc.Padded(doc.Faint, label, doc.FieldWidth),
				Text: stepText(s, ""), Style: doc.Faint})
			label = ""
		}
	}
	return item
}
