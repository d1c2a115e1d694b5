import { Heading } from '@/components/ui/heading/heading';
import { Typography } from '@/components/ui/typography/typography';

import styles from './about.module.css';

/** What this is, and the notices that others' work asks for. */
export function About() {
  return (
    <section className={styles.about} aria-labelledby="about">
      <Heading level={2} id="about">
        About
      </Heading>
      <Typography tone="quiet">
        OpenBell is a simulated market. Companies are real; prices, history and money are not, and nothing here is
        advice.
      </Typography>
      <Typography size="small" tone="quiet">
        Charts by <a href="https://www.tradingview.com/">TradingView</a>. TradingView Lightweight Charts™, Copyright ©
        2025 TradingView, Inc. Typeface Inter by Rasmus Andersson, SIL Open Font License.
      </Typography>
    </section>
  );
}
