// The table of principals and clusters. Only its visible part is in the document:
// a fleet of 200 clusters and 500 principals has 100,000 cells.
(() => {
	const {levels, clusters, profiles, principals} = data;
	const ROW = 46; // px, as in who.css
	const wide = clusters.length <= 6;
	let COLUMN = 36; // px, of a cluster; see fit
	const table = byId("table"), head = byId("head"), body = byId("rows"), scroll = byId("scroll");
	const fields = {q: byId("q"), qc: byId("qc"), min: byId("min")};

	for (const c of clusters) c.text = fold([c.name, c.account, c.region, c.arn].join(" "));
	principals.forEach((p, i) => {
		p.order = i;
		const seen = new Set();
		for (let k = 1; k < p.access.length; k += 3) seen.add(p.access[k]);
		const ways = [...seen].map((n) => profiles[n]);
		p.text = fold([p.name, p.arn, p.kind, p.account, ...ways.flatMap((w) => [w.owner, w.reason, w.user, ...w.ways.map((x) => x[1])])].join(" "));
	});
	// cells returns the profiles of a principal by cluster, computed once.
	function cells(p) {
		if (!p.cells) {
			p.cells = new Int32Array(clusters.length).fill(-1);
			for (let k = 0; k < p.access.length; k += 3) p.cells[p.access[k]] = p.access[k + 1];
		}
		return p.cells;
	}

	const day = (s) => s ? s.slice(0, 10) : "";
	const sinceEpoch = (n) => n ? new Date(n * 864e5).toISOString().slice(0, 10) : "";
	const low = "\uffff"; // sorts after every text
	const UNUSED = "not in 400 days"; // IAM records no more

	// The columns before those of the clusters, without those that are empty. A row
	// is {p, power, dead, undeclared, count, expires, declared, owner}, of the
	// clusters that are shown.
	const possible = [
		{key: "name", label: "Principal", cls: "who", sort: (r) => fold(r.p.name), draw: (td, r) => {
			const p = r.p;
			td.append(el("span", {title: p.arn}, el("b", {}, p.name)), el("span", {class: "faint"}, r.undeclared ? el("span", {class: "chip flag"}, "undeclared") : "", r.undeclared ? " " : "", [p.kind, p.account, p.state].filter(Boolean).join(" · ")));
			td.classList.toggle("undeclared", r.undeclared);
			return td;
		}},
		{key: "power", label: "Strongest access", cls: "right", sort: (r) => r.undeclared ? -1 : (r.dead ? 1000 : 0) + r.power, draw: (td, r) => {
			td.append(chip(r.power, levels[r.power].label, {dead: r.dead}));
			return td;
		}},
		{key: "declared", label: "Declared", cls: "day", sort: (r) => r.declared, none: !profiles.some((w) => w.declared || w.missing), draw: (td, r) => {
			td.append(r.declared);
			td.title = r.sources;
			td.classList.toggle("soon", r.undeclared);
			return td;
		}},
		{key: "count", label: "Clusters", cls: "num", sort: (r) => r.count, down: true, draw: (td, r) => {
			td.append(r.count.toLocaleString("en"));
			return td;
		}},
		{key: "used", label: "Last used", cls: "day", sort: (r) => r.p.lastUsed || low, none: !principals.some((p) => p.lastUsed || p.unused), draw: (td, {p}) => {
			td.append(p.lastUsed ? day(p.lastUsed) : p.unused ? UNUSED : el("span", {class: "faint"}, "unknown"));
			td.classList.toggle("soon", !!p.idle);
			td.title = p.unused ? "no use recorded in the last 400 days" : p.idle ? "not used for 90 days" : p.usedWhy || "";
			return td;
		}},
		{key: "expires", label: "Expires", cls: "day", sort: (r) => r.expires || low, none: !profiles.some((w) => w.expires), draw: (td, r) => {
			td.append(day(r.expires));
			td.classList.toggle("soon", r.expires !== "" && r.expires <= data.readAt);
			return td;
		}},
		{key: "owner", label: "Owner", cls: "own", sort: (r) => fold(r.owner) || low, none: !profiles.some((w) => w.owner), draw: (td, r) => {
			td.append(r.owner);
			return td;
		}},
	].filter((c) => !c.none);
	// Widths in px, so that the layout does not depend on the cells. LEAST is that
	// of a cluster where there are few.
	const widths = {name: 208, power: 112, declared: 104, used: 92, expires: 92, count: 80, owner: 104};
	const LEAST = 96, MOST = 164;
	const keep = ["name", "power", "declared", "expires", "used", "count", "owner"]; // the most important first
	const small = matchMedia("(max-width: 48rem)");
	let columns = [], fixed = {all: 0, name: 0};

	// fit chooses the columns: with few clusters as many as leave room for all
	// clusters, with many all of them.
	function fit() {
		const width = scroll.clientWidth || 1200;
		widths.name = small.matches ? 168 : width < 1400 && wide ? 208 : 264;
		let left = width - (wide ? clusters.length * LEAST : 0);
		const kept = new Set();
		for (const key of keep) {
			const room = key === "name" || widths[key] <= left && !small.matches || !wide && !small.matches;
			if (room && possible.some((c) => c.key === key)) {
				kept.add(key);
				left -= widths[key];
			}
		}
		columns = possible.filter((c) => kept.has(c.key));
		fixed = {all: columns.reduce((sum, c) => sum + widths[c.key], 0), name: widths.name};
		if (wide) COLUMN = Math.min(MOST, Math.max(LEAST, Math.floor((width - fixed.all) / clusters.length)));
	}

	let shown = [], rows = [], sort = {key: "power", dir: 1}, active = {row: 0, col: 0}, minimum = levels.length;

	function choose() {
		const fits = search(fields.qc.value);
		const matches = search(fields.q.value);
		minimum = fields.min.value === "" ? levels.length : Number(fields.min.value);
		shown = clusters.map((_, i) => i).filter((i) => fits(clusters[i].text));
		const visible = new Uint8Array(clusters.length);
		for (const i of shown) visible[i] = 1;
		rows = [];
		for (const p of principals) {
			if (!matches(p.text)) continue;
			const r = {p, power: levels.length, dead: true, undeclared: false, count: 0, expires: "", owner: "", declared: "", sources: ""};
			const owners = new Set(), sources = new Set();
			let missing = 0;
			for (let k = 0; k < p.access.length; k += 3) {
				const w = profiles[p.access[k + 1]];
				if (!visible[p.access[k]] || w.power > minimum) continue;
				r.count++;
				if (!w.dead === r.dead) { r.dead = !!w.dead; r.power = w.power; } else if (w.power < r.power) r.power = w.power;
				if (w.expires && (!r.expires || w.expires < r.expires)) r.expires = w.expires;
				if (w.owner) owners.add(w.owner);
				if (w.declared) sources.add(w.declared);
				if (w.missing) missing++;
				if (w.undeclared) r.undeclared = true;
			}
			r.sources = [...sources].sort().join(", ");
			r.declared = r.undeclared ? (sources.size ? "NO, in part" : "NO") : missing ? (sources.size ? "in part" : "no") : brief([...sources].sort());
			r.owner = [...owners].sort().join(", ");
			if (r.count) rows.push(r);
		}
		order();
		active = {row: Math.min(active.row, rows.length - 1), col: Math.min(active.col, columns.length + shown.length - 1)};
		byId("count").textContent = rows.length === principals.length && shown.length === clusters.length && minimum === levels.length
			? `${plural(principals.length, "row")}, ${plural(clusters.length, "cluster")}`
			: `${rows.length.toLocaleString("en")} of ${plural(principals.length, "row")}, ${shown.length.toLocaleString("en")} of ${plural(clusters.length, "cluster")}`;
		byId("empty").hidden = rows.length > 0;
		byId("empty").textContent = principals.length ? "No matching principals." : "No principals.";
		remember({q: fields.q.value, cluster: fields.qc.value, min: fields.min.value, sort: sort.key === "power" && sort.dir === 1 ? "" : (sort.dir < 0 ? "-" : "") + sort.key});
	}

	// brief is the first source without its folder and column: "clusters:21".
	const brief = (sources) => sources.length ? sources[0].replace(/^.*\//, "").replace(/\.ya?ml:(\d+)(:\d+)?$/, ":$1") + (sources.length > 1 ? ` +${sources.length - 1}` : "") : "";

	function order() {
		const c = possible.find((x) => x.key === sort.key);
		const of = c ? c.sort : (r) => {
			const n = cells(r.p)[Number(sort.key)];
			return n < 0 ? 2000 : (profiles[n].dead ? 1000 : 0) + profiles[n].power;
		};
		const keys = new Map(rows.map((r) => [r, of(r)]));
		rows.sort((a, b) => {
			const x = keys.get(a), y = keys.get(b);
			if (x === low || y === low) return x === y ? a.p.order - b.p.order : x === low ? 1 : -1; // unknown values are last
			return (x < y ? -1 : x > y ? 1 : 0) * sort.dir || a.p.order - b.p.order;
		});
	}

	function sortBy(col) {
		const c = columns[col];
		const key = c ? c.key : String(shown[col - columns.length]);
		sort = {key, dir: sort.key === key ? -sort.dir : c && c.down ? -1 : 1};
		choose();
		draw(true);
	}

	const ariaSort = (key) => sort.key === key ? (sort.dir > 0 ? "ascending" : "descending") : null;

	function chip(power, text, w) {
		return el("span", {class: "chip p" + power + (w && w.dead ? " dead" : "") + (w && w.late ? " late" : "")}, text);
	}

	function drawHead(first, last) {
		const tr = el("tr", {"aria-rowindex": 1});
		columns.forEach((c, i) => {
			const th = el("th", {scope: "col", class: c.cls, id: `h${i}`, "aria-colindex": i + 1, "aria-sort": ariaSort(c.key)}, el("span", {class: "by"}, c.label));
			th.style.width = widths[c.key] + "px";
			tr.append(th);
		});
		tr.append(pad(first * COLUMN, "th"));
		for (let k = first; k < last; k++) {
			const c = clusters[shown[k]], i = columns.length + k;
			const th = el("th", {scope: "col", class: "m" + (c.error ? " failed" : "") + edge(k), id: `h${i}`, "aria-colindex": i + 1, "aria-sort": ariaSort(String(shown[k])),
				title: `${c.name}, account ${c.account}, ${c.region}${c.mode ? ", mode " + c.mode : ""}${c.error ? ": not read, " + c.error : ""}`}, el("span", {class: "by"}, c.label));
			if (wide) th.append(el("span", {class: "faint"}, c.error ? "not read" : c.region));
			th.style.width = COLUMN + "px";
			tr.append(th);
		}
		tr.append(pad((shown.length - last) * COLUMN, "th"));
		tr.append(rest("th"));
		head.replaceChildren(tr);
	}

	// edge marks the first cluster of each account except the first account.
	const edge = (k) => k > 0 && clusters[shown[k]].account !== clusters[shown[k - 1]].account ? " edge" : "";

	// pad replaces columns that are not drawn; rest fills the remaining width.
	function pad(width, tag) {
		const e = el(tag, {class: "pad", "aria-hidden": "true"});
		e.style.width = width + "px";
		if (!width) e.style.display = "none";
		return e;
	}
	const rest = (tag) => el(tag, {class: "pad", "aria-hidden": "true"});

	// above and below replace rows that are not drawn.
	const above = el("tr", {"aria-hidden": "true"}, el("td", {class: "pad"})), below = above.cloneNode(true);
	function gap(tr, height) {
		tr.style.height = tr.firstChild.style.height = height + "px";
		return tr;
	}

	function drawRow(n, first, last) {
		const r = rows[n], p = r.p;
		const tr = el("tr", {"aria-rowindex": n + 2, "data-row": n});
		columns.forEach((c, i) => tr.append(c.draw(el(c.key === "name" ? "th" : "td",
			{class: c.cls, id: `c${n}-${i}`, "aria-colindex": i + 1, scope: c.key === "name" ? "row" : null}), r)));
		tr.append(pad(first * COLUMN, "td"));
		const has = cells(p);
		for (let k = first; k < last; k++) {
			const c = clusters[shown[k]], i = columns.length + k, n2 = has[shown[k]];
			const w = n2 >= 0 && profiles[n2].power <= minimum ? profiles[n2] : null;
			const td = el("td", {class: "m" + (c.error ? " failed" : "") + edge(k), id: `c${n}-${i}`, "aria-colindex": i + 1});
			if (w) {
				const words = levels[w.power].label + (w.dead ? ", no access" : w.late ? ", expired" : "") + (w.undeclared ? ", undeclared" : "");
				td.setAttribute("aria-label", `${c.label}: ${words}`);
				td.title = `${c.label}: ${words}\n${w.ways.map((x) => (x[2] ? "(no effect) " : "") + x[1]).join("\n")}`;
				td.classList.toggle("undeclared", !!w.undeclared);
				td.append(chip(w.power, wide ? levels[w.power].label : levels[w.power].code, w));
			} else if (c.error) {
				td.setAttribute("aria-label", `${c.label}: not read`);
				td.append("?");
			}
			tr.append(td);
		}
		tr.append(pad((shown.length - last) * COLUMN, "td"), rest("td"));
		return tr;
	}

	// drawn are the rows in the document by number: scrolling makes new rows only.
	let window_ = "", across = "", drawn = new Map();
	function draw(force) {
		const top = Math.max(0, scroll.scrollTop - head.offsetHeight), height = scroll.clientHeight || 800;
		let first = Math.max(0, Math.floor(top / ROW) - 6);
		first -= first % 4;
		const last = Math.min(rows.length, first + Math.ceil(height / ROW) + 16);
		let left = Math.max(0, Math.floor((scroll.scrollLeft - (fixed.all - fixed.name)) / COLUMN) - 4);
		left -= left % 4;
		left = Math.min(left, shown.length);
		const right = Math.min(shown.length, left + Math.ceil((scroll.clientWidth || 1200) / COLUMN) + 12);
		const now = [first, last, left, right].join();
		if (now === window_ && !force) return;
		window_ = now;
		if (force || across !== `${left},${right}`) {
			across = `${left},${right}`;
			drawn = new Map();
			drawHead(left, right);
			table.style.width = Math.max(scroll.clientWidth, fixed.all + shown.length * COLUMN) + "px";
		}
		const made = [], kept = new Map();
		if (first > 0) made.push(gap(above, first * ROW));
		for (let n = first; n < last; n++) {
			const tr = drawn.get(n) || drawRow(n, left, right);
			kept.set(n, tr);
			made.push(tr);
		}
		drawn = kept;
		if (last < rows.length) made.push(gap(below, (rows.length - last) * ROW));
		replace(made);
		table.setAttribute("aria-rowcount", rows.length + 1);
		table.setAttribute("aria-colcount", columns.length + shown.length);
		mark();
	}

	// replace puts rows into the table without touching those that are there.
	function replace(made) {
		const wanted = new Set(made);
		for (const tr of [...body.children]) if (!wanted.has(tr)) tr.remove();
		let at = body.firstChild;
		for (const tr of made) {
			if (tr === at) at = at.nextSibling;
			else body.insertBefore(tr, at);
		}
	}

	// mark shows the active cell. The focus stays on the table, so that it is not
	// lost with a row that is scrolled away.
	function mark() {
		for (const e of table.querySelectorAll(".active")) e.classList.remove("active");
		const id = active.row < 0 ? `h${active.col}` : `c${active.row}-${active.col}`;
		const cell = byId(id);
		if (cell) {
			cell.classList.add("active");
			table.setAttribute("aria-activedescendant", id);
		} else {
			table.removeAttribute("aria-activedescendant");
		}
	}

	function reveal() {
		if (active.row >= 0) {
			const y = active.row * ROW, room = scroll.clientHeight - head.offsetHeight;
			if (y < scroll.scrollTop) scroll.scrollTop = y;
			else if (y + ROW > scroll.scrollTop + room) scroll.scrollTop = y + ROW - room;
		}
		const k = active.col - columns.length;
		if (k >= 0) {
			const x = fixed.all + k * COLUMN, room = scroll.clientWidth;
			if (x - fixed.name < scroll.scrollLeft) scroll.scrollLeft = x - fixed.name;
			else if (x + COLUMN > scroll.scrollLeft + room) scroll.scrollLeft = x + COLUMN - room;
		} else if (active.col === 0) {
			scroll.scrollLeft = 0;
		} else {
			const h = byId(`h${active.col}`);
			const x = h.offsetLeft;
			if (x - fixed.name < scroll.scrollLeft) scroll.scrollLeft = x - fixed.name;
			else if (x + h.offsetWidth > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = x + h.offsetWidth - scroll.clientWidth;
		}
		draw();
		mark();
	}

	table.addEventListener("keydown", (e) => {
		if (e.altKey || e.metaKey) return;
		const lastCol = columns.length + shown.length - 1, page = Math.max(1, Math.floor(scroll.clientHeight / ROW) - 2);
		const moves = {
			ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0], PageUp: [-page, 0],
			Home: e.ctrlKey ? [-1e9, -1e9] : [0, -1e9], End: e.ctrlKey ? [1e9, 1e9] : [0, 1e9],
		};
		if (moves[e.key]) {
			e.preventDefault();
			const [dr, dc] = moves[e.key];
			active.row = Math.max(-1, Math.min(rows.length - 1, active.row + dr));
			active.col = Math.max(0, Math.min(lastCol, active.col + dc));
			reveal();
		} else if (e.key === "Enter" || e.key === " ") {
			e.preventDefault();
			if (active.row < 0) sortBy(active.col);
			else if (rows[active.row]) show(rows[active.row].p);
		}
	});

	table.addEventListener("click", (e) => {
		const cell = e.target.closest("th, td"), tr = e.target.closest("tr");
		if (!cell || !cell.id) return;
		active.col = Number(cell.getAttribute("aria-colindex")) - 1;
		active.row = tr.dataset.row === undefined ? -1 : Number(tr.dataset.row);
		table.focus({preventScroll: true});
		mark();
		if (active.row < 0) sortBy(active.col);
		else if (String(getSelection()) === "") show(rows[active.row].p);
	});

	function fact(label, ...value) { return [el("dt", {}, label), el("dd", {}, ...value)]; }

	function ways(w) {
		return el("ul", {}, w.ways.map((x) => el("li", {class: x[2] ? "not" : null}, x[1])));
	}

	// show opens the details of one principal.
	function show(p) {
		const dialog = byId("more");
		const close = el("button", {type: "button"}, "Close");
		close.addEventListener("click", () => dialog.close());
		const list = el("tbody", {});
		for (let k = 0; k < p.access.length; k += 3) {
			const c = clusters[p.access[k]], w = profiles[p.access[k + 1]];
			const more = [w.owner && "owner " + w.owner, w.expires && "expires " + w.expires.replace("T", " ").replace("Z", " UTC"), w.held && "on hold until " + w.held.replace("T", " ").replace("Z", " UTC"), w.reason && "reason: " + w.reason,
				w.declared ? "declared at " + w.declared : w.missing && "not declared", w.type && w.type !== "STANDARD" && w.type, w.user && "username " + w.user].filter(Boolean);
			list.append(el("tr", {},
				el("th", {scope: "row"}, c.name, el("br"), el("span", {class: "faint"}, `${c.account} · ${c.region}`)),
				el("td", {}, chip(w.power, levels[w.power].label, w), w.dead ? el("div", {class: "faint"}, w.dead) : w.late ? el("div", {class: "faint"}, "expired") : null),
				el("td", {}, ways(w), more.map((m) => el("div", {class: "faint"}, m))),
				el("td", {}, sinceEpoch(p.access[k + 2]))));
		}
		const failed = clusters.filter((c) => c.error).length;
		byId("more-body").replaceChildren(
			el("header", {}, el("h2", {id: "more-name", tabindex: -1}, p.name), close),
			el("dl", {class: "facts"},
				p.arn ? fact("ARN", el("code", {}, p.arn)) : [], fact("Kind", p.kind), p.account ? fact("Account", p.account) : [],
				p.state ? fact("IAM", p.state) : [],
				fact("Last used", p.lastUsed ? day(p.lastUsed) : p.unused ? "no use recorded in the last 400 days" : `unknown: ${p.usedWhy || "it was not read"}`),
				failed ? fact("Not read", plural(failed, "cluster")) : []),
			el("table", {class: "list"},
				el("thead", {}, el("tr", {}, ["Cluster", "Access", "Given by", "Since"].map((h) => el("th", {scope: "col"}, h)))), list));
		openDialog(dialog, table);
		byId("more-name").focus();
	}

	// On paper, each row lists its clusters in place of the columns.
	function paper() {
		const list = el("tbody", {});
		const read = shown.filter((i) => !clusters[i].error).length;
		for (const r of rows) {
			const where = new Map();
			for (let k = 0; k < r.p.access.length; k += 3) {
				const w = profiles[r.p.access[k + 1]];
				if (w.power > minimum || !shown.includes(r.p.access[k])) continue;
				const key = w.power + (w.dead ? "d" : "");
				if (!where.has(key)) where.set(key, {w, names: []});
				where.get(key).names.push(clusters[r.p.access[k]].label);
			}
			list.append(el("tr", {},
				el("th", {scope: "row"}, r.p.name, r.undeclared ? el("span", {class: "chip flag"}, "undeclared") : "", el("div", {class: "faint"}, r.p.arn || r.p.kind)),
				el("td", {}, [...where.values()].map(({w, names}) => el("div", {}, chip(w.power, levels[w.power].label, w), " ", names.length > 3 && names.length === read ? `all ${read} clusters that were read` : names.join(", ")))),
				el("td", {}, r.p.lastUsed ? day(r.p.lastUsed) : r.p.unused ? UNUSED : "unknown"), el("td", {}, r.declared), el("td", {}, day(r.expires)), el("td", {}, r.owner)));
		}
		const chosen = [fields.q.value && `principals with “${fields.q.value}”`, fields.qc.value && `clusters with “${fields.qc.value}”`, fields.min.value && `at least ${levels[minimum].label}`].filter(Boolean);
		byId("print").replaceChildren(el("h2", {}, chosen.length ? "Only " + chosen.join(", ") : "Principals"),
			el("table", {class: "list"}, el("thead", {}, el("tr", {}, ["Principal", "Access and clusters", "Last used", "Declared", "Expires", "Owner"].map((h) => el("th", {scope: "col"}, h)))), list));
		byId("print").hidden = false;
		for (const d of document.querySelectorAll("main > details")) { d.dataset.was = d.open ? "1" : ""; d.open = true; }
	}
	addEventListener("beforeprint", paper);
	addEventListener("afterprint", () => {
		byId("print").hidden = true;
		byId("print").replaceChildren();
		for (const d of document.querySelectorAll("main > details")) d.open = d.dataset.was === "1";
	});

	const refresh = soon(() => { scroll.scrollTop = 0; choose(); draw(true); });
	for (const f of Object.values(fields)) f.addEventListener("input", refresh);
	byId("tools").addEventListener("submit", (e) => e.preventDefault());
	byId("tools").addEventListener("reset", () => setTimeout(refresh));
	byId("tools").addEventListener("keydown", (e) => { if (e.key === "Enter" && e.target.tagName === "INPUT") table.focus(); });
	scroll.addEventListener("scroll", soon(() => draw()), {passive: true});
	addEventListener("resize", soon(() => { fit(); choose(); draw(true); }));
	slash(fields.q);

	const kept = recall();
	fields.q.value = kept.q || "";
	fields.qc.value = kept.cluster || "";
	if (/^\d+$/.test(kept.min || "") && Number(kept.min) < levels.length) fields.min.value = kept.min;
	const by = (kept.sort || "").replace(/^-/, "");
	if (possible.some((c) => c.key === by) || /^\d+$/.test(by) && Number(by) < clusters.length) sort = {key: by, dir: kept.sort.startsWith("-") ? -1 : 1};
	table.classList.add(wide ? "wide" : "narrow");
	fit();
	choose();
	draw(true);
	document.documentElement.dataset.ready = "1";
})();
