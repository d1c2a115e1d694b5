import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { Change } from '@/components/ui/change/change';
import { Icon } from '@/components/ui/icon/icon';
import { Price } from '@/components/ui/price/price';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { ToggleButton } from '@/components/ui/toggle-button/toggle-button';
import { money, signedPercent } from '@/lib/format';
import { setPreference, usePreferences } from '@/lib/preferences';
import { stream } from '@/lib/stream/stream';
import { useTick } from '@/lib/stream/use-market';

import { assetQuery } from '../api/get-asset';
import styles from './asset-price.module.css';

/** A point of the chart under the data cursor, shown in place of the live price. */
export interface ScrubbedPrice {
  price: string;
  change: string;
  changePercent: string;
  when: string;
}

interface AssetPriceProps {
  symbol: string;
  /** The change over the chart's range, where that is not the day. */
  range: { change: string; changePercent: string; since: string } | null;
  scrubbed: ScrubbedPrice | null;
}

const READ_EVERY_MS = 5_000;

/** The number that matters: the live price and its change, or what the data cursor points at. */
export function AssetPrice({ symbol, range, scrubbed }: AssetPriceProps) {
  const asset = useQuery(assetQuery(symbol));
  const tick = useTick(symbol);
  const price = tick?.price ?? asset.data?.price;
  const today =
    price === undefined
      ? undefined
      : {
          change: tick?.change ?? asset.data?.change ?? '0',
          changePercent: tick?.changePercent ?? asset.data?.changePercent ?? '0',
          since: 'today',
        };
  const shown = scrubbed === null ? (range ?? today) : { ...scrubbed, since: scrubbed.when };
  return (
    <div className={styles.line}>
      <div>
        <p className={styles.price}>
          {price === undefined ? (
            <Skeleton width="6ch" height="0.8em" />
          ) : (
            <Price value={scrubbed?.price ?? price} still={scrubbed !== null} />
          )}
        </p>
        <p className={styles.change}>
          {shown === undefined ? (
            <Skeleton width="16ch" />
          ) : (
            <Change amount={shown.change} percent={shown.changePercent} since={shown.since} />
          )}
        </p>
      </div>
      <PriceControls symbol={symbol} />
    </div>
  );
}

/** Pause stops what moves on the page; Read prices says it aloud, at most every few seconds. */
function PriceControls({ symbol }: { symbol: string }) {
  const [paused, setPaused] = useState(false);
  const { readPrices } = usePreferences();
  useEffect(() => {
    stream.market.pause(paused);
    return () => {
      stream.market.pause(false);
    };
  }, [paused]);
  return (
    <div className={styles.controls} role="group" aria-label="Live prices">
      <ToggleButton
        label="Read prices"
        isSelected={readPrices}
        onChange={(read) => {
          setPreference('readPrices', read);
        }}
      >
        <Icon name="sound" size={20} />
      </ToggleButton>
      <ToggleButton label="Pause prices" isSelected={paused} onChange={setPaused}>
        <Icon name={paused ? 'play' : 'pause'} size={20} />
      </ToggleButton>
      {readPrices && <SpokenPrice symbol={symbol} />}
    </div>
  );
}

function SpokenPrice({ symbol }: { symbol: string }) {
  const [words, setWords] = useState('');
  useEffect(() => {
    const say = (): void => {
      const tick = stream.market.tick(symbol);
      if (tick !== undefined) setWords(`${symbol} ${money(tick.price)}, ${signedPercent(tick.changePercent)}`);
    };
    const timer = setInterval(say, READ_EVERY_MS);
    return () => {
      clearInterval(timer);
    };
  }, [symbol]);
  return (
    <span className="visually-hidden" aria-live="polite">
      {words}
    </span>
  );
}
