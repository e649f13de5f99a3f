// Opens and closes boxes. Where things are within a box was laid out by the program, for some sets of open boxes; this
// takes the layout that fits best, makes room in it, and moves the groups of the picture there.
(() => {
  'use strict';
  const { widest, slope, items } = JSON.parse(document.getElementById('data').textContent);
  const main = document.querySelector('main');
  const svg = main.querySelector('svg');
  const start = items.map(it => it && it.open);
  const tenth = x => Math.round(x * 10) / 10;
  const sum = list => list.reduce((a, b) => a + b, 0);
  const get = id => document.getElementById(id);

  // ---- the sizes of what is open ----

  /// The cell of an item: its size, where tensors come in and leave, and for an open box where its inside lies.
  function cellOf(id) {
    const it = items[id];
    if (!it.open) return it.closed;
    const { rows, wires } = it.plan;
    const cells = rows.map(row => row.map(slot => slot >= 0 ? cellOf(slot) : null));
    const fits = layout => cells.every((row, r) => row.every((c, i) => !c || c.width > layout.widths[r][i] - 0.1));
    const layout = it.layouts.find(fits) || it.layouts[it.layouts.length - 1];
    const widths = cells.map((row, r) => row.map((c, i) => c ? c.width : layout.widths[r][i]));
    const move = stretched(layout, widths);
    const lefts = widths.map((row, r) => row.map((width, i) => {
      const left = layout.lefts[r][i];
      return (move(left) + move(left + layout.widths[r][i]) - width) / 2;
    }));
    const least = Math.min(...lefts.flat());
    lefts.forEach(row => row.forEach((x, i) => { row[i] = tenth(x - least); }));
    const width = Math.max(...lefts.flatMap((row, r) => row.map((x, i) => x + widths[r][i])));

    const end = (row, i, port, leaving) => {
      const c = cells[row][i], x = c && (leaving ? c.outs : c.ins)[port];
      return lefts[row][i] + (x === null || x === undefined ? widths[row][i] / 2 : x);
    };
    const heights = cells.map((row, r) => Math.max(it.least[r], ...row.map(c => c ? c.height : 0)));
    const tops = [];
    let y = 0;
    rows.forEach((_, r) => {
      tops.push(y);
      y += heights[r];
      if (r + 1 < rows.length) {
        const far = wires.filter(w => w[0] === r).map(([, i, p, k, q]) => Math.abs(end(r, i, p, true) - end(r + 1, k, q, false)));
        y += tenth(Math.min(widest, it.gaps[r] + slope * Math.max(0, ...far)));
      }
    });

    const [head, side, top, bottom] = it.frame;
    const all = Math.max(head, width + 2 * side), height = top + y + bottom;
    const shift = (all - width) / 2;
    const ports = kind => rows.flatMap((row, r) => row.flatMap((slot, i) => slot[0] === kind ? [shift + lefts[r][i] + widths[r][i] / 2] : []));
    const outs = ports(1);
    return { width: all, height, ins: ports(0), outs, ends: outs.map(() => height), cells, lefts, widths, tops, heights, shift, end };
  }

  /// How far to the right each x of a layout moves so that everything that is wider than in the layout finds room: the plane
  /// is stretched evenly over the width of such a thing, first of the narrowest. Order and distances stay.
  function stretched(layout, widths) {
    const grown = layout.lefts.flatMap((row, r) => row.map((left, i) => [left, left + layout.widths[r][i], widths[r][i] - layout.widths[r][i]]))
      .filter(g => g[2] > 0).sort((a, b) => a[1] - a[0] - b[1] + b[0] || a[0] - b[0]);
    const edges = [...new Set(grown.flatMap(g => [g[0], g[1]]))].sort((a, b) => a - b);
    const added = edges.map(() => 0);
    for (const [left, right, more] of grown) {
      const pieces = [...edges.keys()].filter(e => edges[e] >= left && edges[e + 1] <= right);
      const lacking = more - sum(pieces.map(e => added[e]));
      if (lacking > 0) for (const e of pieces) added[e] += lacking * (edges[e + 1] - edges[e]) / (right - left);
    }
    return x => x + sum(edges.map((edge, e) => added[e] && added[e] * Math.min(1, Math.max(0, (x - edge) / (edges[e + 1] - edge)))));
  }

  // ---- moving the picture there ----

  const set = (element, attributes) => { for (const key in attributes) element.setAttribute(key, attributes[key]); };
  const move = (element, x, y) => element.setAttribute('transform', `translate(${tenth(x)} ${tenth(y)})`);

  function show(id, cell) {
    const it = items[id], { rows, wires } = it.plan, inside = get('b' + id);
    const [, , top, bottom] = it.frame;
    if (id > 0) {
      const [closed, open] = get('i' + id).children;
      set(closed, { display: it.open ? 'none' : 'inline' });
      set(open, { display: it.open ? 'inline' : 'none' });
      if (!it.open) return;
      set(open.querySelector(':scope > .frame'), { width: tenth(cell.width), height: tenth(cell.height) });
      set(open.querySelector(':scope > .head'), { width: tenth(cell.width) });
      move(inside, cell.shift, top);
    }
    rows.forEach((row, r) => row.forEach((slot, i) => {
      const x = cell.lefts[r][i];
      if (slot >= 0) {
        move(get('i' + slot), x, cell.tops[r]);
        if (items[slot].plan) show(slot, cell.cells[r][i]);
      } else if (slot[0] === 0) set(get(`t${id}-${slot[1]}`), { x: tenth(x + cell.widths[r][i] / 2) });
    }));
    const paths = inside.querySelectorAll(':scope > .wire');
    wires.forEach(([row, i, p, k, q], n) => {
      const from = cell.cells[row][i], to = rows[row + 1][k];
      const end = cell.tops[row] + cell.heights[row], next = cell.tops[row + 1];
      const x1 = tenth(cell.end(row, i, p, true)), x2 = tenth(cell.end(row + 1, k, q, false));
      const y1 = from && from.ends[p] !== undefined ? cell.tops[row] + from.ends[p] : end;
      const y2 = to >= 0 ? next - 1 : next, middle = tenth((end + y2) / 2);
      let d = `M${x1} ${tenth(y1)}V${tenth(end)}C${x1} ${middle} ${x2} ${middle} ${x2} ${tenth(y2)}`;
      if (to === -1) d += `V${tenth(next + cell.heights[row + 1])}`;
      else if (to[0] === 1) d += `V${tenth(next + cell.heights[row + 1] + bottom)}`;
      set(paths[n], { d });
    });
  }

  function draw() {
    const cell = cellOf(0), [w, h] = [cell.width, cell.height].map(n => tenth(n + 40));
    show(0, cell);
    svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
    scale();
  }

  // ---- what the page does ----

  let zoom = 1, dragged = false;

  function scale() {
    const { width, height } = svg.viewBox.baseVal;
    set(svg, { width: tenth(width * zoom), height: tenth(height * zoom) });
  }

  const parents = [];
  items.forEach((it, id) => {
    if (it && it.plan) for (const row of it.plan.rows) for (const slot of row) if (slot >= 0) parents[slot] = id;
  });
  function lies(id, within) {
    for (let at = id; at !== undefined; at = parents[at]) if (at === within) return true;
    return false;
  }

  /// The item that an element belongs to, -1 for none.
  function itemOf(element) {
    const group = element.closest('g[id^="i"]');
    return group ? Number(group.id.slice(1)) : -1;
  }

  /// Lights the tensors that an item makes and reads.
  function light(id) {
    const is = id >= 0 && !items[id].open;
    svg.classList.toggle('lit', is);
    for (const path of svg.querySelectorAll('.wire[data-of]')) {
      path.classList.toggle('on', is && (path.dataset.to === String(id) || lies(Number(path.dataset.of), id)));
    }
  }

  function toggle(id) {
    const form = () => get('i' + id).children[items[id].open ? 1 : 0];
    const before = form().getBoundingClientRect();
    items[id].open = !items[id].open;
    draw();
    // The box stays under the pointer.
    const after = form().getBoundingClientRect();
    main.scrollLeft += after.left + after.width / 2 - before.left - before.width / 2;
    main.scrollTop += after.top - before.top;
    const next = items[id].open ? form().querySelector(':scope > .head') : form();
    next.focus({ preventScroll: true });
  }

  svg.addEventListener('mouseover', e => light(itemOf(e.target)));
  svg.addEventListener('mouseleave', () => light(-1));
  svg.addEventListener('click', e => { if (!dragged && e.target.closest('.more')) toggle(itemOf(e.target)); });
  svg.addEventListener('keydown', e => {
    if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); toggle(itemOf(e.target)); }
  });

  function open(which) {
    items.forEach((it, id) => { if (it && it.plan) it.open = id === 0 || which(id); });
    draw();
  }

  const on = (id, action) => get(id).addEventListener('click', action);
  on('fewer', () => open(() => false));
  on('all', () => open(() => true));
  on('default', () => open(id => start[id]));
  on('deeper', () => {
    const now = items.map(it => it && it.open);
    open(id => now[id] || now[parents[id]]);
  });
  on('smaller', () => { zoom /= 1.2; scale(); });
  on('larger', () => { zoom *= 1.2; scale(); });
  on('fit', fit);
  on('theme', () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });
  function fit() { zoom = Math.min(2, (main.clientWidth - 20) / svg.viewBox.baseVal.width); scale(); }
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

  if (svg.viewBox.baseVal.width > main.clientWidth) { fit(); zoom = Math.max(0.6, zoom); scale(); }
  main.scrollLeft = (main.scrollWidth - main.clientWidth) / 2;
})();
