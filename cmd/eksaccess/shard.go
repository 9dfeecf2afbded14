package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// shardOption makes a run one of several over the same clusters.
type shardOption struct{ shard *string }

func (o *shardOption) shardFlag() cli.Flag {
	return optionalFlag("shard", "Input",
		"only part `I/N` of the clusters chosen, I from 0: for several machines, see plan merge", &o.shard)
}

// part is the shard that the flag names; nil without it.
func (o *shardOption) part() (*spec.Shard, error) {
	if o.shard == nil {
		return nil, nil
	}
	s, err := spec.ParseShard(*o.shard)
	return &s, err
}

func (p *program) planMergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "join the saved plans of parts of a fleet into one report, with one exit code",
		ArgsUsage: "FILE…",
		UsageText: "eksaccess plan merge shard-*.json\n" +
			"eksaccess plan merge shard-*.json -o markdown --detailed-exitcode",
		Description: "The parts are of a run with --shard on each machine, or of different selections.\n" +
			"No cluster may be in two. If a shard is missing, the others are shown, and the exit code is 5.",
		Flags: []cli.Flag{
			outputFlag(render.Formats),
			&cli.StringFlag{
				Name:     "save",
				Usage:    "keep the whole plan in `FILE`, for show and apply --plan",
				Category: "Output",
			},
			new(detailedOption).detailedFlag(),
		},
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return withHint(
					errors.New("no plan is named"),
					"make parts with: eksaccess plan -f FILE --shard 0/4 --save shard-0.json",
				)
			}
			f, err := format(c, render.Formats)
			if err != nil {
				return err
			}
			if c.IsSet("save") {
				if err := savable(c.String("save"), "the plan"); err != nil {
					return err
				}
			}
			merged, err := p.merge(c.Args().Slice())
			if err != nil {
				return err
			}
			if err := render.Plan(p.stdout, merged, p.drawing(f)); err != nil {
				return err
			}
			return p.mergeOutcome(c, merged)
		},
	}
}

func (p *program) merge(names []string) (*plan.Plan, error) {
	var parts []plan.Part
	for _, name := range names {
		data, kind, err := p.saved(name)
		if err != nil {
			return nil, err
		}
		if kind != plan.Kind {
			return nil, withHint(
				fmt.Errorf("%q is of kind %q, not %s", name, kind, plan.Kind),
				"make parts with: eksaccess plan -f FILE --shard 0/4 --save shard-0.json",
			)
		}
		one, err := run.ParsePlan(name, data)
		if err != nil {
			return nil, err
		}
		parts = append(parts, plan.Part{Name: name, Plan: one})
	}
	merged, err := plan.Merge(parts, version())
	if err != nil {
		return nil, withHint(
			fmt.Errorf("merging: %w", err),
			"give each part once, all made from the same files with the same selection",
		)
	}
	return merged, nil
}

// mergeOutcome keeps a plan that is whole. One of which shards are missing
// looks as good as a whole one to whoever applies it, so it is not kept.
func (p *program) mergeOutcome(c *cli.Context, merged *plan.Plan) error {
	if len(merged.MissingShards) > 0 {
		var names []string
		for _, i := range merged.MissingShards {
			names = append(names, strconv.Itoa(i))
		}
		noun := "shards"
		if len(names) == 1 {
			noun = "shard"
		}
		message := fmt.Sprintf("this is not the whole fleet: missing %s %s", noun, strings.Join(names, ", "))
		hints := []string{"make them with --shard and the same files, and merge again"}
		if c.IsSet("save") {
			hints = append(hints, fmt.Sprintf("%q was not written", c.String("save")))
		}
		return outcome{code: exitSome, message: message, hints: hints}
	}
	if c.IsSet("save") {
		if err := save(c.String("save"), "the plan", func(w io.Writer) error { return render.JSON(w, merged) }); err != nil {
			return err
		}
	}
	return planOutcome(merged, c.Bool("detailed-exitcode"))
}
