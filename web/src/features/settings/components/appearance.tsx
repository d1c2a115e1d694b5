import { Heading } from '@/components/ui/heading/heading';
import { Segmented } from '@/components/ui/segmented/segmented';
import { Switch } from '@/components/ui/switch/switch';
import { setPreference, usePreferences } from '@/lib/preferences';

import styles from './appearance.module.css';

const THEMES = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;
const COLOURS = [
  ['green-red', 'Green, red'],
  ['blue-orange', 'Blue, orange'],
  ['red-green', 'Red, green'],
] as const;

/** Theme, the colours of gain and loss, motion and spoken prices: kept on this device. */
export function Appearance() {
  const chosen = usePreferences();
  return (
    <section className={styles.appearance} aria-labelledby="appearance">
      <Heading level={2} id="appearance">
        Appearance
      </Heading>
      <Segmented
        label="Theme"
        showLabel
        value={chosen.theme}
        options={THEMES}
        onChange={(theme) => {
          setPreference('theme', theme);
        }}
      />
      <Segmented
        label="Colours of gain and loss"
        showLabel
        value={chosen.colours}
        options={COLOURS}
        onChange={(colours) => {
          setPreference('colours', colours);
        }}
      />
      <div className={styles.switches}>
        <Switch
          label="Reduce motion"
          hint="Prices change without a flash, sheets without sliding"
          isSelected={chosen.motion === 'reduced'}
          onChange={(reduced) => {
            setPreference('motion', reduced ? 'reduced' : 'system');
          }}
        />
        <Switch
          label="Read prices"
          hint="A screen reader says the price on an asset’s page as it changes"
          isSelected={chosen.readPrices}
          onChange={(read) => {
            setPreference('readPrices', read);
          }}
        />
      </div>
    </section>
  );
}
