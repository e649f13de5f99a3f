// Places and draws the boxes of `data`: the same steps as `place.rs` and `svg.rs`, on the boxes that are open now.
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const m = data.metrics;
  const items = data.items;
  const main = document.querySelector('main');
  const NS = 'http://www.w3.org/2000/svg';
  const start = items.map(i => i && i.open);
  const tenth = x => Math.round(x * 10) / 10;
  const width = (text, letter) => [...text].length * letter;

  // ---- places ----

  function cellOf(id) {
    const item = items[id];
    if (!item.open) return closed(item);
    for (const row of item.plan.rows) for (const slot of row) if (slot >= 0) items[slot].cell = cellOf(slot);
    item.room = room(item);
    return opened(item, id === 0);
  }

  function closed(item) {
    const times = item.times ? width(item.times, m.letter) + m.pad : 0;
    const title = width(item.title, m.letter) + times;
    const outs = item.outs.length;
    const longest = Math.max(0, ...item.outs.map(t => width(t, m.small)));
    const step = outs > 1 ? Math.max(longest / 2 + m.port / 2, m.port) : 0;
    const spread = step * Math.max(0, outs - 1);
    const boxWidth = Math.max(
      Math.max(title, width(item.note, m.small)) + 2 * m.pad + (item.plan ? m.mark : 0),
      item.reads * m.port, outs > 1 ? spread + m.port : 0, item.sign ? m.line + 6 : 0);
    const boxHeight = m.line + (item.note ? m.note - 2 : 0);
    const all = Math.max(boxWidth, spread + longest);
    const left = (all - boxWidth) / 2;
    const rows = Math.min(outs, 2);
    return {
      width: all, height: boxHeight + rows * m.note + (rows ? 6 : 0), left, boxWidth, boxHeight,
      ins: Array.from({ length: item.reads }, (_, i) => left + boxWidth * (i + 0.5) / item.reads),
      outs: item.outs.map((_, i) => all / 2 - spread / 2 + step * i),
      ends: item.outs.map((_, i) => boxHeight + 6 + m.note * (1 + i % 2)),
    };
  }

  function opened(item, model) {
    const r = item.room;
    const times = item.times ? width(item.times, m.letter) + m.pad : 0;
    const head = width(item.title, m.letter) + times + m.pad + width(item.head, m.small) + 2 * m.pad + 14;
    const boxWidth = model ? r.width : Math.max(head, r.width + 2 * m.margin);
    const shift = (boxWidth - r.width) / 2;
    const boxHeight = r.height + (model ? 0 : m.line + m.margin);
    const at = kind => {
      const found = [];
      item.plan.rows.forEach((row, y) => row.forEach((slot, x) => {
        if (Array.isArray(slot) && slot[0] === kind) found[slot[1]] = shift + r.lefts[y][x] + slotWidth(slot, item) / 2;
      }));
      return found;
    };
    const outs = at(1);
    return { width: boxWidth, height: boxHeight, left: 0, boxWidth, boxHeight, ins: at(0), outs, ends: outs.map(() => boxHeight) };
  }

  function slotWidth(slot, item) {
    if (slot >= 0) return items[slot].cell.width;
    if (Array.isArray(slot) && slot[0] === 0) return Math.max(width(item.ins[slot[1]] || '', m.small), m.lane);
    return m.lane;
  }

  function slotHeight(slot, item) {
    if (slot >= 0) return items[slot].cell.height;
    return Array.isArray(slot) && slot[0] === 0 && item.ins[slot[1]] ? m.note : 0;
  }

  function meets(slot, port, leaving, item) {
    if (slot >= 0) {
      const cell = items[slot].cell;
      const x = (leaving ? cell.outs : cell.ins)[port];
      return x === undefined ? cell.width / 2 : x;
    }
    return slotWidth(slot, item) / 2;
  }

  function room(item) {
    const { rows, wires } = item.plan;
    const widths = rows.map(row => row.map(s => slotWidth(s, item)));
    const lefts = widths.map(row => {
      let x = -(row.reduce((a, b) => a + b, 0) + m.apart * Math.max(0, row.length - 1)) / 2;
      return row.map(w => { const left = x; x += w + m.apart; return left; });
    });
    const end = (row, place, port, leaving) => lefts[row][place] + meets(rows[row][place], port, leaving, item);
    const count = new Map();
    const add = key => count.set(key, (count.get(key) || 0) + 1);
    for (const [row, from, , to] of wires) { add(`d${row},${from}`); add(`u${row + 1},${to}`); }
    const pull = wires.map(([row, from, , to]) =>
      rows[row][from] === -1 && rows[row + 1][to] === -1 ? 6
        : count.get(`d${row},${from}`) === 1 && count.get(`u${row + 1},${to}`) === 1 ? 3 : 1);
    const above = rows.map(() => []), below = rows.map(() => []);
    wires.forEach((w, i) => { below[w[0]].push(i); above[w[0] + 1].push(i); });

    function settle(row, up, down) {
      const wants = rows[row].map(() => [0, 0]);
      if (up) for (const i of above[row]) {
        const [r, from, fp, to, tp] = wires[i];
        wants[to][0] += pull[i] * (end(r, from, fp, true) - meets(rows[row][to], tp, false, item));
        wants[to][1] += pull[i];
      }
      if (down) for (const i of below[row]) {
        const [r, from, fp, to, tp] = wires[i];
        wants[from][0] += pull[i] * (end(r + 1, to, tp, false) - meets(rows[row][from], fp, true, item));
        wants[from][1] += pull[i];
      }
      let taken = 0;
      const pools = [], offsets = [];
      wants.forEach(([sum, weight], i) => {
        pools.push(weight > 0 ? [sum / weight - taken, weight, 1] : [lefts[row][i] - taken, 0.01, 1]);
        offsets.push(taken);
        taken += widths[row][i] + m.apart;
        while (pools.length > 1 && pools[pools.length - 2][0] > pools[pools.length - 1][0]) {
          const b = pools.pop(), a = pools.pop();
          pools.push([(a[0] * a[1] + b[0] * b[1]) / (a[1] + b[1]), a[1] + b[1], a[2] + b[2]]);
        }
      });
      let i = 0;
      for (const [x, , n] of pools) for (let k = 0; k < n; k++, i++) lefts[row][i] = x + offsets[i];
    }

    for (let round = 0; round < m.rounds; round++) {
      const down = round % 2 === 0, both = round + 2 >= m.rounds;
      for (let k = 0; k < rows.length; k++) settle(down ? k : rows.length - 1 - k, down || both, !down || both);
    }
    let least = Infinity, right = 0;
    for (const row of lefts) for (const x of row) least = Math.min(least, x);
    if (!isFinite(least)) least = 0;
    lefts.forEach((row, y) => row.forEach((x, i) => {
      row[i] = tenth(x - least);
      right = Math.max(right, row[i] + widths[y][i]);
    }));
    const tops = [], heights = [];
    let y = 0;
    rows.forEach((row, r) => {
      const height = Math.max(0, ...row.map(s => slotHeight(s, item)));
      tops.push(y);
      heights.push(height);
      y += height;
      if (r + 1 < rows.length) {
        let far = 0;
        for (const i of below[r]) {
          const [, from, fp, to, tp] = wires[i];
          far = Math.max(far, Math.abs(end(r, from, fp, true) - end(r + 1, to, tp, false)));
        }
        const leaving = rows[r + 1].every(s => Array.isArray(s) && s[0] === 1);
        y += tenth(Math.min((leaving ? m.port / 2 : m.gap[0]) + far * 0.12, m.gap[1]));
      }
    });
    return { lefts, tops, heights, width: tenth(right), height: tenth(y) };
  }

  // ---- drawing ----

  function make(parent, name, attributes, text) {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  const write = (parent, style, x, y, text) => { if (text) make(parent, 'text', { class: style, x: tenth(x), y: tenth(y) }, text); };

  const rect = (parent, style, x, y, w, h, round) =>
    make(parent, 'rect', { class: style, x: tenth(x), y: tenth(y), width: tenth(w), height: tenth(h), rx: round });

  function item(parent, id, x, y) {
    const it = items[id], cell = it.cell;
    const more = it.plan && !it.open;
    const g = make(parent, 'g', { class: it.kind + (it.open ? ' open' : '') + (more ? ' more' : ''), id: 'i' + id });
    make(g, 'title', {}, it.tip);
    if (it.open) {
      rect(g, 'frame', x, y, cell.boxWidth, cell.boxHeight, 6);
      write(g, 'title left', x + m.pad, y + 15, it.title);
      let at = x + m.pad + ([...it.title].length + 1) * m.letter;
      write(g, 'times left', at, y + 15, it.times);
      if (it.times) at += ([...it.times].length + 1) * m.letter;
      write(g, 'small left', at, y + 15, it.head);
      const head = rect(g, 'head more', x, y, cell.boxWidth, m.line, 6);
      make(head, 'title', {}, it.tip + '\nclick to close');
      button(head, id, it.title);
      inside(g, id, x + (cell.boxWidth - it.room.width) / 2, y + m.line);
      return;
    }
    const left = x + cell.left, centre = left + cell.boxWidth / 2;
    if (it.times) rect(g, 'box s0', left + 3, y - 3, cell.boxWidth, cell.boxHeight, 4);
    rect(g, 'box s' + it.shade, left, y, cell.boxWidth, cell.boxHeight, it.round ? 11 : 4);
    const shift = it.times ? ([...it.times].length * m.letter + m.pad) / 2 : 0;
    write(g, 'title', centre - shift, y + 15, it.title);
    write(g, 'times right', left + cell.boxWidth - m.pad, y + 15, it.times);
    write(g, it.note.endsWith('dead') ? 'note unread' : 'note', centre, y + m.line + 8, it.note);
    if (it.plan) make(g, 'path', { class: 'arrow', d: `M${tenth(left + cell.boxWidth - 9)} ${tenth(y + cell.boxHeight - 3)}h6v-6z` });
    cell.outs.forEach((out, i) => {
      if (cell.ends[i] - cell.boxHeight - 6 - m.note > 0)
        make(g, 'path', { class: 'wire', d: `M${tenth(x + out)} ${tenth(y + cell.boxHeight)}V${tenth(y + cell.ends[i] - m.note)}` });
      write(g, 'type', x + out, y + cell.ends[i] - 4, it.outs[i]);
    });
    if (more) button(g, id, it.title);
    g.addEventListener('mouseenter', () => light(id));
    g.addEventListener('mouseleave', () => light(-1));
  }

  function button(element, id, name) {
    element.setAttribute('tabindex', '0');
    element.setAttribute('role', 'button');
    element.setAttribute('aria-expanded', String(!!items[id].open));
    element.setAttribute('aria-label', name);
    element.addEventListener('click', () => { if (!dragged) toggle(id); });
    element.addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); toggle(id); } });
  }

  function inside(parent, id, x, y) {
    const it = items[id], r = it.room, { rows, wires } = it.plan;
    for (const [row, from, fp, to, tp, tensor] of wires) {
      const a = rows[row][from], b = rows[row + 1][to];
      const x1 = x + r.lefts[row][from] + meets(a, fp, true, it);
      const x2 = x + r.lefts[row + 1][to] + meets(b, tp, false, it);
      const bottom = y + r.tops[row] + r.heights[row];
      const ends = a >= 0 ? items[a].cell.ends[fp] : undefined;
      const y1 = y + r.tops[row] + (ends === undefined ? r.heights[row] : ends);
      const y2 = y + r.tops[row + 1];
      const toItem = b >= 0, tip = toItem ? y2 - 1 : y2;
      let d = `M${tenth(x1)} ${tenth(y1)}`;
      if (bottom - y1 > 0.05) d += `V${tenth(bottom)}`;
      if (Math.abs(x1 - x2) < 0.5) d += `L${tenth(x2)} ${tenth(tip)}`;
      else {
        const middle = tenth((bottom + tip) / 2);
        d += `C${tenth(x1)} ${middle} ${tenth(x2)} ${middle} ${tenth(x2)} ${tenth(tip)}`;
      }
      if (b === -1 && r.heights[row + 1] > 0.05) d += `V${tenth(y2 + r.heights[row + 1])}`;
      else if (Array.isArray(b) && b[0] === 1 && id !== 0) d += `V${tenth(y + r.height + m.margin)}`;
      const view = items[tensor] && items[tensor].view;
      const path = make(parent, 'path', { class: view ? 'wire view' : 'wire', d, 'data-of': tensor });
      if (toItem) { path.setAttribute('marker-end', view ? 'url(#view-tip)' : 'url(#tip)'); path.setAttribute('data-to', b); }
    }
    rows.forEach((row, i) => row.forEach((slot, k) => {
      const left = x + r.lefts[i][k];
      if (slot >= 0) item(parent, slot, left, y + r.tops[i]);
      else if (Array.isArray(slot) && slot[0] === 0)
        write(parent, 'small', left + slotWidth(slot, it) / 2, y + r.tops[i] + 10, it.ins[slot[1]]);
    }));
  }

  // ---- what the page does ----

  let zoom = 1, svg = null, dragged = false;

  function draw() {
    items[0].cell = cellOf(0);
    const border = 20, w = items[0].cell.width + 2 * border, h = items[0].cell.height + 2 * border;
    const fresh = document.createElementNS(NS, 'svg');
    fresh.setAttribute('viewBox', `0 0 ${tenth(w)} ${tenth(h)}`);
    const defs = make(fresh, 'defs', {});
    for (const [id, style] of [['tip', 'arrow'], ['view-tip', 'view-arrow']]) {
      const marker = make(defs, 'marker', { id, markerWidth: 8, markerHeight: 8, refX: 7, refY: 4, orient: 'auto', markerUnits: 'userSpaceOnUse' });
      make(marker, 'path', { class: style, d: 'M0.5 1 7.5 4 0.5 7z' });
    }
    inside(fresh, 0, border, border);
    if (svg) svg.replaceWith(fresh); else main.appendChild(fresh);
    svg = fresh;
    svg.size = [w, h];
    scale();
  }

  function scale() {
    svg.setAttribute('width', tenth(svg.size[0] * zoom));
    svg.setAttribute('height', tenth(svg.size[1] * zoom));
  }

  /// Lights the tensors that an item makes and reads.
  function light(id) {
    svg.classList.toggle('lit', id >= 0);
    for (const path of svg.querySelectorAll('.wire[data-of]')) {
      const on = id >= 0 && (path.dataset.of === String(id) || path.dataset.to === String(id) || lies(Number(path.dataset.of), id));
      path.classList.toggle('on', on);
    }
  }

  const parents = [];
  items.forEach((it, id) => {
    if (it && it.plan) for (const row of it.plan.rows) for (const slot of row) if (slot >= 0) parents[slot] = id;
  });
  function lies(id, within) {
    for (let at = id; at !== undefined; at = parents[at]) if (at === within) return true;
    return false;
  }

  function toggle(id) {
    const before = document.getElementById('i' + id).getBoundingClientRect();
    items[id].open = !items[id].open;
    draw();
    // The box stays under the pointer.
    const element = document.getElementById('i' + id);
    const after = element.getBoundingClientRect();
    main.scrollLeft += after.left + after.width / 2 - before.left - before.width / 2;
    main.scrollTop += after.top - before.top;
    const next = items[id].open ? element.querySelector('.head') : element;
    if (next) next.focus({ preventScroll: true });
  }

  function open(which) {
    items.forEach((it, id) => { if (it && it.plan) it.open = id === 0 || which(it, id); });
    draw();
  }

  const on = (id, action) => document.getElementById(id).addEventListener('click', action);
  on('fewer', () => open(() => false));
  on('all', () => open(() => true));
  on('default', () => open((_, id) => start[id]));
  on('deeper', () => {
    const now = items.map(it => it && it.open);
    open((_, id) => now[id] || now[parents[id]]);
  });
  on('smaller', () => { zoom /= 1.2; scale(); });
  on('larger', () => { zoom *= 1.2; scale(); });
  on('fit', () => { zoom = Math.min(2, (main.clientWidth - 20) / svg.size[0]); scale(); });
  on('theme', () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });
  main.addEventListener('wheel', e => {
    if (!e.ctrlKey) return;
    e.preventDefault();
    const before = zoom;
    zoom = Math.max(0.1, Math.min(4, zoom * Math.exp(-e.deltaY / 400)));
    const box = svg.getBoundingClientRect();
    const x = e.clientX - box.left, y = e.clientY - box.top;
    scale();
    main.scrollLeft += x * (zoom / before - 1);
    main.scrollTop += y * (zoom / before - 1);
  }, { passive: false });
  let from = null;
  main.addEventListener('pointerdown', e => {
    if (e.button === 0 && e.pointerType === 'mouse') { from = [e.clientX, e.clientY, main.scrollLeft, main.scrollTop]; dragged = false; }
  });
  window.addEventListener('pointermove', e => {
    if (!from) return;
    const [x, y, left, top] = from;
    if (Math.abs(e.clientX - x) + Math.abs(e.clientY - y) > 4) { dragged = true; main.classList.add('drag'); }
    if (dragged) { main.scrollLeft = left + x - e.clientX; main.scrollTop = top + y - e.clientY; }
  });
  window.addEventListener('pointerup', () => {
    from = null;
    main.classList.remove('drag');
    // A click that ends a drag comes right after.
    setTimeout(() => { dragged = false; }, 0);
  });

  draw();
  if (svg.size[0] > main.clientWidth) { zoom = Math.max(0.6, (main.clientWidth - 20) / svg.size[0]); scale(); }
  main.scrollLeft = (main.scrollWidth - main.clientWidth) / 2;
})();
