package ekssim

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

func viewUpdate(u Update) map[string]any {
	params := []map[string]any{}
	for _, p := range u.Params {
		params = append(params, map[string]any{"type": p.Type, "value": p.Value})
	}
	errs := []map[string]any{}
	for _, e := range u.Errors {
		errs = append(errs, map[string]any{"errorCode": e.ErrorCode, "errorMessage": e.ErrorMessage,
			"resourceIds": append([]string{}, e.ResourceIDs...)})
	}
	return map[string]any{"update": map[string]any{
		"id": u.ID, "status": u.Status, "type": u.Type, "params": params,
		"createdAt": epoch(u.CreatedAt), "errors": errs,
	}}
}

func (c *cluster) runningUpdate() *Update {
	i := slices.IndexFunc(c.Updates, func(u Update) bool { return u.Status == updateInProgress })
	if i < 0 {
		return nil
	}
	return &c.Updates[i]
}

func describeUpdate(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	id := c.labels["updateId"]
	i := slices.IndexFunc(cl.Updates, func(u Update) bool { return u.ID == id })
	q := c.r.URL.Query()
	if i < 0 || q.Has("nodegroupName") || q.Has("addonName") || q.Has("capabilityName") {
		return nil, notFound("ekssim: no update found for ID: %s", id) // [U] the text
	}
	out := viewUpdate(cl.Updates[i])
	if cl.Updates[i].Status == updateInProgress {
		cl.Updates[i].Polls++
		c.server.isChanged = true
	}
	return out, nil
}

func listUpdates(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	keys := []string{}
	q := c.r.URL.Query()
	if !q.Has("nodegroupName") && !q.Has("addonName") && !q.Has("capabilityName") {
		for _, u := range cl.Updates {
			keys = append(keys, u.ID)
		}
	}
	page, next, err := c.page(keys, "")
	if err != nil {
		return nil, err
	}
	return listAnswer("updateIds", page, next), nil
}
