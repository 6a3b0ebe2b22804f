using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>What a check calls repairable is what repair repairs, image by image.</summary>
public sealed class RepairOutlookTests
{
    private const int RoundLimit = 4;

    private static readonly RepairOptions Options = new() { UniqueId = new Guid("9a8b7c6d-5e4f-4a3b-8c1d-2e3f4a5b6c7d") };

    [Fact]
    public void WhoFollowsItComesToAnEnd()
    {
        foreach (DamagedImage damaged in Corpus())
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            for (int round = 0; ; round++)
            {
                Assert.True(round < RoundLimit, $"{damaged.Name}: advice without end");
                Finding[] repairable = [.. Look(file).Where(finding => finding.IsRepairable)];
                if (repairable.Length == 0)
                {
                    break;
                }

                bool isRebuild = Array.TrueForAll(repairable, finding => finding.NeedsRebuild);
                RepairPlan plan = RepairOperation.Plan(file, Options with { RebuildTable = isRebuild });
                Assert.True(plan.HasChanges, $"{damaged.Name}: repair was named and changes nothing");
                RepairOperation.Run(file, plan, undo: null);
                Finding[] left = [.. Look(file)];
                foreach (Finding finding in repairable.Where(finding => isRebuild || !finding.NeedsRebuild))
                {
                    Assert.True(!Array.Exists(left, other => (other.Code, other.FileOffset) == (finding.Code, finding.FileOffset)),
                        $"{damaged.Name}: {finding.Code} was to be repaired and is still there");
                }
            }

            // And the other way round: what is left, repair does not touch.
            Assert.False(RepairOperation.Plan(file, Options).HasChanges, $"{damaged.Name}: repair does more than the check says");
        }
    }

    [Fact]
    public void AResultCountsWhatItWrote()
    {
        foreach (DamagedImage damaged in Corpus())
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            RepairPlan plan = RepairOperation.Plan(file, Options);
            Assert.True(
                plan.HasChanges == plan.Steps.Any(step => step.Outcome == RepairOutcome.Repair),
                $"{damaged.Name}: {plan.Phases.Sum(phase => phase.Edits.Count)} changes, and steps "
                    + string.Join(", ", plan.Steps.Select(step => $"{step.Finding.Code} {step.Outcome}")));
        }
    }

    private static IReadOnlyList<Finding> Look(MemoryImageFile file) =>
        RepairOutlook.Check(file.Reopen(), new CheckOptions { Full = true }).Findings;

    private static IEnumerable<DamagedImage> Corpus()
    {
        foreach (DamagedImage damaged in DamagedImages.All())
        {
            yield return damaged;
        }

        ImageBytes lost = ImageBytes.Dynamic().AddBlock(0, 1).AddBlock(1, 2).AddBlock(2, 3).PutEntry(1, uint.MaxValue);
        yield return new("an entry that reads as unused", FaultCode.BlockLost, true, lost.Bytes);
        ImageBytes flipped = ImageBytes.Dynamic().AddBlock(3, 1).AddBlock(1, 2).AddBlock(2, 3);
        yield return new(
            "a flipped bit, blocks out of order", FaultCode.BatEntryPastEnd, true,
            flipped.PutEntry(1, flipped.GetEntry(1) ^ 0x400000).Bytes);
        ImageBytes child = ImageBytes.Differencing().AddBlock(3, 1).AddBlock(1, 2);
        yield return new(
            "a flipped bit in a child", FaultCode.BatEntryPastEnd, false, child.PutEntry(1, child.GetEntry(1) ^ 0x400000).Bytes);
        yield return new(
            "the copy differs in its last byte", FaultCode.FootersDiffer, true,
            ImageBytes.Dynamic().AddBlock(3, 1).PutFront(511, [1], reseal: false).Bytes);

        // One byte of each structure, anywhere.
        var random = new Random(7);
        byte[] sound = ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33).Bytes;
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = (byte[])sound.Clone();
            int at = i % 4 == 0 ? bytes.Length - 1 - random.Next(512) : random.Next(1700);
            bytes[at] ^= (byte)(1 << random.Next(8));
            yield return new($"a flipped bit of byte {at}", FaultCode.FootersDiffer, true, bytes);
        }
    }
}
