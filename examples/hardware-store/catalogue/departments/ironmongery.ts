import { type Department, family } from '../family.ts';
import { packEuros } from '../price.ts';

const BRANDS = ['Schliessfried', 'Latchford', 'Stahlmeer', 'Brackwell'] as const;
const FINISHES = {
  'zinc-plated': 0.75,
  'satin stainless steel': 1.3,
  'matt black': 1.15,
  'polished brass': 1.5,
  white: 1,
} as const;

export const IRONMONGERY: Department = {
  name: 'Locks & ironmongery',
  prefix: 'IM',
  families: [
    family({
      category: 'Hinges',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        type: {
          'Butt hinge': 0.8,
          'Strap hinge': 1.3,
          'Tee hinge': 1.1,
          'Piano hinge': 1.6,
          'Concealed hinge': 1.2,
          'Spring hinge': 2.4,
          'Gate hinge': 2,
        },
        lengthMm: [35, 40, 50, 60, 80, 100, 120, 150, 200, 300],
        finish: FINISHES,
        pack: [1, 2, 4, 10],
      },
      where: (v) =>
        (v.type === 'Concealed hinge' ? v.lengthMm <= 40 : v.lengthMm >= 40) &&
        (v.type !== 'Gate hinge' || v.lengthMm >= 150) &&
        v.lengthMm * v.pack <= 800,
      name: (v) =>
        `${v.type} ${v.lengthMm} mm, ${v.finish}, ${v.pack === 1 ? 'single' : `pack of ${v.pack}`}`,
      description: (v) => `${v.type}, ${v.lengthMm} mm, ${v.finish}.`,
      uses: ['For doors, gates, chests and furniture.', 'With countersunk holes.'],
      euros: (v) => packEuros(0.5 + v.lengthMm * 0.022, v.pack),
      grams: (v) => v.lengthMm * 1.1 * v.pack,
    }),
    family({
      category: 'Door handles',
      unit: 'set',
      brands: BRANDS,
      axes: {
        range: ['Alster', 'Bremen', 'Como', 'Delft', 'Elba', 'Fjord', 'Ghent', 'Havel'],
        plate: { 'round rose': 1.1, 'square rose': 1.15, 'long plate': 1, 'short plate': 0.95 },
        finish: {
          'satin stainless steel': 1.2,
          'matt black': 1.25,
          'polished brass': 1.4,
          aluminium: 0.8,
          chrome: 1.1,
        },
        lock: {
          'key hole': 1,
          'euro cylinder hole': 1,
          'bathroom turn': 1.15,
          'no key hole': 0.95,
        },
      },
      name: (v) => `Door handle set ${v.range}, ${v.plate}, ${v.finish}, ${v.lock}`,
      description: (v) =>
        `Pair of lever handles ${v.range} on ${v.plate} in ${v.finish}, with ${v.lock}.`,
      uses: ['For interior doors 38 to 45 mm thick.', 'The spring keeps the lever level.'],
      euros: () => 26,
      grams: () => 720,
    }),
    family({
      category: 'Cylinders & locks',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: { 'Euro cylinder': 1, 'Thumb-turn cylinder': 1.25, 'Half cylinder': 0.75 },
        outsideMm: [10, 30, 35, 40, 45, 50, 60],
        insideMm: [10, 30, 35, 40, 45, 50, 60],
        security: { standard: 0.7, 'drill protection': 1.2, 'security card': 1.9 },
        keying: { 'keyed differently': 1, 'keyed alike': 1.08 },
      },
      where: (v) =>
        v.type === 'Half cylinder'
          ? v.insideMm === 10 && v.outsideMm > 10
          : v.insideMm > 10 && v.outsideMm > 10,
      name: (v) => `${v.type} ${v.outsideMm}/${v.insideMm} mm, ${v.security}, ${v.keying}`,
      description: (v) =>
        `${v.type}, ${v.outsideMm} mm outside and ${v.insideMm} mm inside, ${v.security}, ${v.keying}.`,
      uses: ['Three keys are included.', 'For front, cellar and garage doors.'],
      euros: (v) => 12 + (v.outsideMm + v.insideMm) * 0.14,
      grams: (v) => 90 + (v.outsideMm + v.insideMm) * 1.6,
    }),
    family({
      category: 'Padlocks & chains',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          Padlock: 1,
          'Combination padlock': 1.2,
          'Weatherproof padlock': 1.5,
          'Long-shackle padlock': 1.25,
          'Disc padlock': 1.9,
        },
        widthMm: [20, 25, 30, 40, 50, 60, 70, 80],
        body: { brass: 1, 'hardened steel': 1.4, aluminium: 0.85 },
        keying: { 'keyed differently': 1, 'keyed alike': 1.1 },
      },
      where: (v) => v.type !== 'Combination padlock' || v.keying === 'keyed differently',
      name: (v) =>
        v.type === 'Combination padlock'
          ? `${v.type} ${v.widthMm} mm, ${v.body}`
          : `${v.type} ${v.widthMm} mm, ${v.body}, ${v.keying}`,
      description: (v) => `${v.type} with ${v.widthMm} mm body of ${v.body} and hardened shackle.`,
      uses: ['For sheds, gates and lockers.', 'Rustproof inside.'],
      euros: (v) => 2.5 + v.widthMm ** 1.3 * 0.1,
      grams: (v) => v.widthMm ** 2 * 0.12,
    }),
    family({
      category: 'Furniture knobs & handles',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        type: {
          'Bar handle': 1,
          'Bow handle': 0.9,
          'Cup handle': 1.1,
          'Edge handle': 1.2,
          'Furniture knob': 0.7,
        },
        spacingMm: [28, 32, 64, 96, 128, 160, 192, 224, 320],
        finish: {
          'brushed steel': 1,
          'matt black': 1.05,
          'antique brass': 1.3,
          copper: 1.35,
          white: 0.95,
          chrome: 1.1,
          oak: 1.2,
        },
        pack: [1, 2, 5, 10],
      },
      where: (v) =>
        (v.type === 'Furniture knob') === v.spacingMm <= 32 &&
        (v.type !== 'Cup handle' || v.spacingMm <= 128),
      name: (v) =>
        `${v.type} ${v.spacingMm} mm, ${v.finish}, ${v.pack === 1 ? 'single' : `pack of ${v.pack}`}`,
      description: (v) =>
        `${v.type} in ${v.finish}, ${v.type === 'Furniture knob' ? `${v.spacingMm} mm across` : `${v.spacingMm} mm between screws`}.`,
      uses: ['For kitchens, wardrobes and drawers.', 'M4 screws are included.'],
      euros: (v) => packEuros(1.5 + v.spacingMm * 0.018, v.pack),
      grams: (v) => (25 + v.spacingMm * 0.5) * v.pack,
    }),
    family({
      category: 'Castors & wheels',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Swivel castor': 1,
          'Swivel castor with brake': 1.25,
          'Fixed castor': 0.85,
          'Spare wheel': 0.5,
        },
        diameterMm: [30, 40, 50, 75, 80, 100, 125, 160, 200],
        tread: { 'grey rubber': 1, polyamide: 0.9, polyurethane: 1.5, 'pneumatic tyre': 1.7 },
        fixing: ['plate', 'bolt hole', 'stem'],
      },
      where: (v) =>
        (v.tread !== 'pneumatic tyre' || v.diameterMm >= 160) &&
        (v.fixing !== 'stem' || v.diameterMm <= 80) &&
        (v.type !== 'Spare wheel' || v.fixing === 'bolt hole'),
      name: (v) => `${v.type} ${v.diameterMm} mm, ${v.tread}, ${v.fixing}`,
      description: (v) => `${v.type}, ${v.diameterMm} mm, with ${v.tread} and ${v.fixing}.`,
      uses: ['For furniture, trolleys and workbenches.', 'Runs quietly and leaves no marks.'],
      euros: (v) => 1.2 + v.diameterMm ** 1.25 * 0.045,
      grams: (v) => v.diameterMm ** 1.6 * 0.7,
    }),
    family({
      category: 'Shelves & brackets',
      unit: 'piece',
      brands: ['Kistenmann', 'Latchford', 'Brackwell', 'Everpost'],
      axes: {
        type: {
          'Shelf bracket': 0.5,
          'Folding bracket': 1.2,
          'Floating shelf': 1.7,
          'Shelf board': 1.1,
        },
        depthMm: [150, 200, 250, 300, 400],
        lengthMm: [200, 400, 600, 800, 1000, 1200],
        finish: { white: 1, black: 1.05, grey: 1, oak: 1.4 },
      },
      where: (v) =>
        /bracket/.test(v.type) ? v.lengthMm === 200 && v.finish !== 'oak' : v.lengthMm >= 400,
      name: (v) =>
        /bracket/.test(v.type)
          ? `${v.type} ${v.depthMm} × ${v.lengthMm} mm, ${v.finish}`
          : `${v.type} ${v.lengthMm} × ${v.depthMm} mm, ${v.finish}`,
      description: (v) => `${v.type} in ${v.finish}, ${v.depthMm} mm deep.`,
      uses: ['For kitchen, workshop and cellar.', 'Carries up to 25 kg when it is fixed well.'],
      euros: (v) => 2 + v.depthMm * v.lengthMm * 0.000_055,
      grams: (v) => 100 + v.depthMm * v.lengthMm * 0.009,
    }),
    family({
      category: 'Storage boxes & racks',
      unit: 'set',
      brands: ['Kistenmann', 'Latchford', 'Everpost'],
      axes: {
        type: {
          'Storage box': 0.5,
          'Storage box with lid': 0.65,
          'Stacking bin': 0.4,
          'Tool case': 1.5,
          'Small parts organiser': 0.9,
          'Folding crate': 0.6,
        },
        volumeL: [2, 5, 10, 15, 20, 30, 45, 60, 90, 120],
        colour: ['transparent', 'blue', 'grey', 'black', 'red', 'green'],
        pack: [1, 2, 3, 5],
      },
      where: (v) =>
        (v.type !== 'Small parts organiser' || v.volumeL <= 20) &&
        (v.type !== 'Tool case' || (v.pack === 1 && v.volumeL >= 10 && v.volumeL <= 60)),
      name: (v) =>
        `${v.type} ${v.volumeL} l, ${v.colour}, ${v.pack === 1 ? 'single' : `set of ${v.pack}`}`,
      description: (v) => `${v.type} of sturdy plastic, ${v.volumeL} l, ${v.colour}.`,
      uses: ['Stacks safely.', 'For cellar, garage and workshop.'],
      euros: (v) => packEuros(3 + v.volumeL ** 0.8 * 0.75, v.pack),
      grams: (v) => (150 + v.volumeL * 35) * v.pack,
    }),
  ],
};
