import { type Department, family } from '../family.ts';

const BRANDS = ['Ironbough', 'Calderforge', 'Brackwell', 'Oxhide', 'Knipfel', 'Everpost'] as const;

export const HAND_TOOLS: Department = {
  name: 'Hand tools',
  prefix: 'HT',
  families: [
    family({
      category: 'Hammers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Claw hammer': 1.1,
          'Engineer’s hammer': 0.9,
          'Club hammer': 1.15,
          'Ball-pein hammer': 1,
          Sledgehammer: 1.2,
          'Dead-blow mallet': 1.6,
        },
        headG: [200, 300, 450, 600, 800, 1000, 1500, 3000, 5000],
        handle: { hickory: 1, fibreglass: 1.2, 'tubular steel': 1.35 },
      },
      where: (v) => {
        if (v.type === 'Sledgehammer') return v.headG >= 3000;
        if (v.type === 'Club hammer') return v.headG >= 800 && v.headG <= 1500;
        return v.headG <= 1000;
      },
      name: (v) => `${v.type} ${v.headG} g, ${v.handle} handle`,
      description: (v) => `${v.type} with forged ${v.headG} g head and ${v.handle} handle.`,
      uses: ['Well balanced, for work all day.', 'The head is hardened and polished at the face.'],
      euros: (v) => 8 + v.headG ** 0.72 * 0.12,
      grams: (v) => v.headG * 1.15 + 250,
    }),
    family({
      category: 'Screwdrivers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        tip: [
          'Slotted 4 mm',
          'Slotted 5.5 mm',
          'Slotted 6.5 mm',
          'Phillips PH1',
          'Phillips PH2',
          'Phillips PH3',
          'Pozidriv PZ1',
          'Pozidriv PZ2',
          'Torx T10',
          'Torx T15',
          'Torx T20',
          'Torx T25',
          'Torx T30',
        ],
        bladeMm: [60, 80, 100, 125, 150, 200],
        type: { 'soft-grip': 1, 'VDE insulated 1000 V': 1.5, 'with striking cap': 1.35 },
      },
      name: (v) => `Screwdriver ${v.tip} × ${v.bladeMm} mm, ${v.type}`,
      description: (v) =>
        `Screwdriver with ${v.bladeMm} mm blade of chrome-vanadium steel, ${v.type}.`,
      uses: [
        'The handle does not roll off the bench.',
        'The tip is black-finished for an exact fit.',
      ],
      euros: (v) => 3.4 + v.bladeMm * 0.014,
      grams: (v) => 50 + v.bladeMm * 0.6,
    }),
    family({
      category: 'Spanners & sockets',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Combination spanner': 1,
          'Ratchet spanner': 2.1,
          'Double ring spanner': 1.25,
          'Socket 1/2 in drive': 0.8,
          'Deep socket 1/2 in drive': 1.1,
        },
        sizeMm: [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24, 27, 30, 32],
      },
      name: (v) => `${v.type} ${v.sizeMm} mm, chrome-vanadium`,
      description: (v) =>
        `${v.type} for ${v.sizeMm} mm hexagons, of chrome-vanadium steel, satin chrome.`,
      uses: ['The flank drive spares the corners of the nut.', 'For cars, bikes and machines.'],
      euros: (v) => 2.9 + v.sizeMm ** 1.6 * 0.055,
      grams: (v) => v.sizeMm ** 1.8,
    }),
    family({
      category: 'Pliers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Combination pliers': 1,
          'Side cutters': 1.1,
          'Long-nose pliers': 1.05,
          'Water pump pliers': 1.2,
          'Locking pliers': 1.3,
          'Wire stripper': 1.5,
          'End cutters': 1.1,
        },
        lengthMm: [125, 140, 160, 180, 200, 250, 300],
        handle: {
          'dip-coated handles': 1,
          'two-component handles': 1.25,
          'VDE insulated handles': 1.6,
        },
      },
      where: (v) =>
        v.lengthMm <= 200 || v.type === 'Water pump pliers' || v.type === 'Locking pliers',
      name: (v) => `${v.type} ${v.lengthMm} mm, ${v.handle}`,
      description: (v) =>
        `${v.type}, ${v.lengthMm} mm long, drop-forged from tool steel, with ${v.handle}.`,
      uses: ['The edges are induction-hardened.', 'The jaws hold flat and round stock.'],
      euros: (v) => 6 + v.lengthMm * 0.055,
      grams: (v) => v.lengthMm * 1.4,
    }),
    family({
      category: 'Saws & knives',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          Handsaw: 1,
          'Tenon saw': 1.15,
          Hacksaw: 0.9,
          'Japanese pull saw': 1.9,
          'Plasterboard saw': 0.7,
          'Pruning saw': 0.95,
        },
        bladeMm: [250, 300, 350, 400, 450, 500, 550],
        teeth: ['7 TPI', '9 TPI', '11 TPI', '14 TPI'],
      },
      where: (v) => (v.type === 'Handsaw') === v.bladeMm > 350,
      name: (v) => `${v.type} ${v.bladeMm} mm, ${v.teeth}`,
      description: (v) => `${v.type} with hardened ${v.bladeMm} mm blade and ${v.teeth}.`,
      uses: ['For straight cuts with little effort.', 'The soft grip marks 45° and 90°.'],
      euros: (v) => 5 + v.bladeMm * 0.028,
      grams: (v) => v.bladeMm,
    }),
    family({
      category: 'Measuring & levels',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Spirit level': 1,
          'Box-section spirit level': 1.8,
          'Magnetic spirit level': 1.5,
          'Aluminium straight edge': 0.8,
          'Steel rule': 0.5,
        },
        lengthCm: [30, 40, 60, 80, 100, 120, 150, 180, 200],
        colour: ['red', 'yellow', 'silver'],
      },
      where: (v) => v.type !== 'Steel rule' || (v.lengthCm <= 100 && v.colour === 'silver'),
      name: (v) => `${v.type} ${v.lengthCm} cm, ${v.colour}`,
      description: (v) => `${v.type}, ${v.lengthCm} cm long, ${v.colour}.`,
      uses: ['For masonry, tiling and cabinet work.', 'True to 0.5 mm per metre.'],
      euros: (v) => 5 + v.lengthCm * 0.21,
      grams: (v) => 150 + v.lengthCm * 7,
    }),
    family({
      category: 'Tape measures',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        lengthM: [2, 3, 5, 8, 10, 20, 30, 50],
        bladeMm: [13, 16, 19, 25, 27],
        blade: { 'steel blade': 1, 'nylon-coated blade': 1.2, 'magnetic hook': 1.4 },
      },
      where: (v) =>
        v.lengthM > 10
          ? v.bladeMm <= 16 && v.blade !== 'magnetic hook'
          : v.bladeMm >= 10 + v.lengthM && v.bladeMm <= 15 + v.lengthM * 4,
      name: (v) => `Tape measure ${v.lengthM} m × ${v.bladeMm} mm, ${v.blade}`,
      description: (v) =>
        `Tape measure, ${v.lengthM} m long, with ${v.bladeMm} mm tape, ${v.blade}, accuracy class II.`,
      uses: [
        'Locks at the thumb and clips to the belt.',
        'Figures are easy to read on both sides.',
      ],
      euros: (v) => 3 + v.lengthM * 0.75 + v.bladeMm * 0.12,
      grams: (v) => 60 + v.lengthM * v.bladeMm * 1.6,
    }),
    family({
      category: 'Chisels & files',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Bevel-edge chisel': 1.2,
          'Mortise chisel': 1.5,
          'Flat file': 0.8,
          'Half-round file': 0.85,
          'Wood rasp': 0.95,
        },
        sizeMm: [6, 8, 10, 12, 16, 20, 25, 32, 40],
        handle: { 'ash handle': 1.1, 'plastic handle': 0.9 },
      },
      name: (v) => `${v.type} ${v.sizeMm} mm, ${v.handle}`,
      description: (v) =>
        `${v.type}, ${v.sizeMm} mm wide, of hardened tool steel, with ${v.handle}.`,
      uses: ['Takes and keeps a keen edge.', 'For joinery, fitting and deburring.'],
      euros: (v) => 6 + v.sizeMm * 0.38,
      grams: (v) => 90 + v.sizeMm * 6,
    }),
    family({
      category: 'Clamps',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'F-clamp': 1,
          'One-handed clamp': 1.35,
          'Lever clamp': 1.5,
          'Parallel clamp': 2.9,
          'Sash clamp': 2,
        },
        spanMm: [150, 200, 300, 400, 500, 600, 800, 1000, 1250, 1500],
        throatMm: [50, 80, 100, 120],
      },
      where: (v) =>
        v.spanMm >= v.throatMm * 2.4 && (v.type !== 'One-handed clamp' || v.spanMm <= 1000),
      name: (v) => `${v.type} ${v.spanMm} × ${v.throatMm} mm`,
      description: (v) =>
        `${v.type} that spans ${v.spanMm} mm with ${v.throatMm} mm throat depth and soft pads.`,
      uses: ['For gluing boards, frames and cabinets.', 'The bar is of cold-drawn steel.'],
      euros: (v) => 4 + v.spanMm * 0.012 + v.throatMm * 0.06,
      grams: (v) => 300 + v.spanMm * 1.2 + v.throatMm * 4,
    }),
  ],
};
