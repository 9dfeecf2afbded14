// Findings in groups that open. Closed groups are not in the document, and of a
// long group only the first rows are, until all are requested.
(() => {
	const {severities, rules, clusters, findings} = data;
	const FIRST = 100;
	const fields = {q: byId("q"), min: byId("min"), by: byId("by")};
	const holder = byId("groups");

	for (const f of findings) {
		const r = rules[f.rule];
		f.where = f.cluster < 0 ? "files" : clusters[f.cluster];
		f.text = fold([r.id, r.name, f.title, severities[f.severity], f.where, f.principal, f.label, f.message, f.fix, f.source].join(" "));
	}

	// The ways to group findings: the key of a group, its heading, and the columns of
	// its table.
	const ways = {
		rule: {key: (f) => f.rule + f.title, head: (f) => [f.title, `${rules[f.rule].id} ${rules[f.rule].name}`], columns: ["cluster", "principal"], count: (n) => ["cluster", new Set(n.map((f) => f.cluster)).size]},
		cluster: {key: (f) => f.cluster, head: (f) => [f.where, ""], columns: ["rule", "principal"], count: (n) => ["rule", new Set(n.map((f) => f.rule)).size]},
		principal: {key: (f) => f.principal, head: (f) => [f.principal || "Clusters and files", ""], columns: ["rule", "cluster"], count: (n) => ["cluster", new Set(n.map((f) => f.cluster)).size]},
	};
	const columns = {
		severity: {label: "Severity", of: (f) => f.severity, draw: (f) => el("span", {class: "chip s" + f.severity}, severities[f.severity])},
		rule: {label: "Rule", of: (f) => rules[f.rule].id, draw: (f) => [rules[f.rule].id, el("div", {class: "faint"}, rules[f.rule].name)]},
		cluster: {label: "Cluster", of: (f) => fold(f.where), draw: (f) => f.where},
		principal: {label: "Principal", of: (f) => fold(f.label), draw: (f) => [f.label, f.label !== f.principal && el("div", {class: "arn"}, f.principal)]},
		message: {label: "Finding and fix", of: (f) => fold(f.message), draw: (f, way) => [way === ways.rule ? f.detail : f.message, f.fix && el("div", {class: "fix"}, "fix: ", el("code", {}, f.fix)), f.source && el("div", {class: "fix"}, "at ", el("code", {}, f.source))]},
	};

	let groups = [];

	function choose() {
		const matches = search(fields.q.value);
		const minimum = fields.min.value === "" ? severities.length : Number(fields.min.value);
		const way = ways[fields.by.value] || ways.rule;
		const found = findings.filter((f) => f.severity <= minimum && matches(f.text));
		const byKey = new Map();
		for (const f of found) {
			const key = way.key(f);
			if (!byKey.has(key)) byKey.set(key, []);
			byKey.get(key).push(f);
		}
		const worst = (list) => list.reduce((least, f) => Math.min(least, f.severity), severities.length);
		groups = [...byKey.values()].map((list) => ({list, worst: worst(list), way}));
		const undeclared = (g) => g.list.some((f) => f.undeclared) ? 0 : 1;
		groups.sort((a, b) => undeclared(a) - undeclared(b) || a.worst - b.worst || b.list.length - a.list.length);
		// Few findings are open at once.
		const few = found.length <= 40;
		holder.replaceChildren(...groups.map((g, i) => group(g, few || groups.length === 1 || i === 0 && g.list.length <= 20)));
		byId("count").textContent = found.length === findings.length ? plural(findings.length, "finding") : `${found.length.toLocaleString("en")} of ${plural(findings.length, "finding")}`;
		byId("empty").hidden = found.length > 0;
		byId("empty").textContent = findings.length ? "No matching findings." : "No findings.";
		remember({q: fields.q.value, min: fields.min.value, by: fields.by.value === "rule" ? "" : fields.by.value});
	}

	function group(g, open) {
		const [title, id] = g.way.head(g.list[0]), [noun, n] = g.way.count(g.list);
		const details = el("details", {class: "group", open},
			el("summary", {}, el("span", {class: "chip s" + g.worst}, severities[g.worst]),
				el("span", {class: "name"}, g.list.some((f) => f.undeclared) ? [el("span", {class: "chip flag"}, "undeclared"), " "] : "", title, id ? " " : "", id ? el("span", {class: "faint"}, id) : ""),
				el("span", {class: "sum"}, `${plural(g.list.length, "finding")}, ${plural(n, noun)}`)));
		const fill = () => { if (details.open && details.children.length === 1) content(details, g, FIRST); };
		details.addEventListener("toggle", fill);
		fill();
		return details;
	}

	function content(details, g, most) {
		while (details.children.length > 1) details.lastChild.remove();
		if (g.way === ways.rule) {
			const r = rules[g.list[0].rule];
			const item = (label, text) => text ? [el("dt", {}, label), el("dd", {}, withCode(text))] : [];
			details.append(el("div", {class: "about"}, el("dl", {}, item("Impact", r.means), item("Fix", r.fix), item("Known false positives", r.mistakes), item("References", r.refs.join("; ")))));
		}
		const names = [...(g.list.some((f) => f.severity !== g.worst) || g.way !== ways.rule ? ["severity"] : []), ...g.way.columns.filter((c) => g.list.some((f) => c !== "principal" || f.principal)), "message"];
		const list = [...g.list];
		if (g.sort) list.sort((a, b) => { const of = columns[g.sort.key].of, x = of(a), y = of(b); return (x < y ? -1 : x > y ? 1 : 0) * g.sort.dir; });
		const heads = names.map((key) => {
			const button = el("button", {type: "button"}, columns[key].label);
			button.addEventListener("click", () => {
				g.sort = {key, dir: g.sort && g.sort.key === key ? -g.sort.dir : 1};
				content(details, g, most);
				details.querySelector(`.c-${key} button`).focus();
			});
			return el("th", {scope: "col", class: "c-" + key, "aria-sort": g.sort && g.sort.key === key ? (g.sort.dir > 0 ? "ascending" : "descending") : null}, button);
		});
		details.append(el("table", {class: "found"}, el("thead", {}, el("tr", {}, heads)),
			el("tbody", {}, list.slice(0, most).map((f) => el("tr", {}, names.map((key) => el("td", {class: "c-" + key}, columns[key].draw(f, g.way))))))));
		if (list.length > most) {
			const more = el("button", {type: "button", class: "more"}, `Show all ${list.length.toLocaleString("en")}`);
			more.addEventListener("click", () => {
				content(details, g, list.length);
				details.querySelector("summary").focus();
			});
			details.append(more);
		}
	}

	const all = () => [...holder.querySelectorAll("details")];
	byId("open").addEventListener("click", () => {
		const open = all().some((d) => !d.open);
		for (const d of all()) d.open = open;
		byId("open").textContent = open ? "Close all" : "Open all";
	});

	// On paper, everything is open.
	addEventListener("beforeprint", () => {
		all().forEach((d, i) => {
			d.dataset.was = d.open ? "1" : "";
			d.open = true;
			content(d, groups[i], groups[i].list.length);
		});
		for (const d of document.querySelectorAll("main > details")) { d.dataset.was = d.open ? "1" : ""; d.open = true; }
	});
	addEventListener("afterprint", () => {
		for (const d of document.querySelectorAll("details")) d.open = d.dataset.was === "1";
		all().forEach((d, i) => d.open ? content(d, groups[i], FIRST) : d.replaceChildren(d.firstChild));
	});

	const gaps = byId("to-gaps");
	if (gaps) gaps.addEventListener("click", (e) => {
		e.preventDefault();
		byId("not-checked").open = true;
		byId("not-checked").scrollIntoView();
		byId("not-checked").querySelector("summary").focus();
	});
	const refresh = soon(choose);
	for (const f of Object.values(fields)) f.addEventListener("input", refresh);
	byId("tools").addEventListener("submit", (e) => e.preventDefault());
	byId("tools").addEventListener("reset", () => setTimeout(refresh));
	slash(fields.q);
	const kept = recall();
	fields.q.value = kept.q || "";
	if (/^\d+$/.test(kept.min || "") && Number(kept.min) < severities.length) fields.min.value = kept.min;
	if (ways[kept.by]) fields.by.value = kept.by;
	choose();
	document.documentElement.dataset.ready = "1";
})();
