using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// Sectors that hold data under a clear bit get their bit: in a dynamic image such a sector was zeros when its block was
/// made, so someone wrote it and left the bit.
/// </summary>
internal sealed class BitmapRepair(ImageFile file, ImageLayout layout, Func<FaultCode, bool> isSelected)
{
    private const long MaxChangedBytes = 64 * 1024 * 1024;

    private readonly RepairPhase _phase = new();
    private readonly Dictionary<long, RepairDecision> _decisions = [];
    private bool _isBounded;

    /// <summary>Weighs every block that its bitmap does not show whole.</summary>
    public void Decide(TableRepair table, CancellationToken cancellation)
    {
        if (layout.VhdType != VhdType.Dynamic || layout.BlockSize == 0 || IsMadeByXen || !isSelected(FaultCode.BitmapStale))
        {
            return;
        }

        byte[] bitmap = new byte[layout.BitmapSize], shown = new byte[layout.BitmapSize];
        var hidden = new HiddenData(file, layout);
        foreach ((int blockIndex, uint entry) in table.UncontestedBlocks())
        {
            cancellation.ThrowIfCancellationRequested();
            file.ReadAt(ImageLayout.BitmapOffset(entry), bitmap);
            bitmap.CopyTo(shown, 0);
            hidden.Find(blockIndex, entry, bitmap, shown, cancellation);
            int more = SectorBitmap.CountSet(shown, layout.SectorsPerBlock) - SectorBitmap.CountSet(bitmap, layout.SectorsPerBlock);
            if (more == 0)
            {
                continue;
            }

            if ((long)_decisions.Count * layout.BitmapSize >= MaxChangedBytes)
            {
                _isBounded = true;
                return;
            }

            _phase.Put(file, ImageLayout.BitmapOffset(entry), shown);
            _decisions[blockIndex] = RepairDecision.Repair(
                Invariant($"The bits of {more} sectors with data are set; QEMU and others show them already."));
        }
    }

    /// <summary>What becomes of a finding; null where it is not about a bitmap.</summary>
    public RepairDecision? Of(Finding finding)
    {
        if (finding.Code != FaultCode.BitmapStale)
        {
            return null;
        }

        if (!isSelected(FaultCode.BitmapStale))
        {
            return RepairDecision.Repair(string.Empty);
        }

        if (IsMadeByXen)
        {
            return RepairDecision.NotProven("Xen leaves remains under clear bits; they are not data.");
        }

        return finding.BlockIndex is { } block && _decisions.TryGetValue(block, out RepairDecision decision) ? decision
            : _isBounded ? RepairDecision.NotProven("One repair changes at most 64 MiB; run it again for the rest.")
            : _decisions.Count > 0 ? RepairDecision.Repair("Bits are set as in the blocks before.")
            : RepairDecision.NotProven("The block's place is in doubt.");
    }

    /// <summary>The changes.</summary>
    public IEnumerable<RepairPhase> Phases() => [_phase];

    /// <summary>Whether bits may be set at all.</summary>
    public static bool CanRepair(ImageLayout layout) =>
        layout is { VhdType: VhdType.Dynamic, BlockSize: > 0 } && !IsXen(layout);

    private static bool IsXen(ImageLayout layout) => layout.Footer.CreatorApplication is "tap" or "CTXS";

    private bool IsMadeByXen => IsXen(layout);
}
