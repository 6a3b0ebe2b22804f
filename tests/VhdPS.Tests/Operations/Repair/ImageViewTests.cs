using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>An image as a repair would leave it, and as an undo would, byte for byte against the changes carried out.</summary>
public sealed class ImageViewTests
{
    [Fact]
    public void What_is_shown_is_what_the_changes_come_to()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            byte[] before = new byte[random.Next(1, 5000)];
            random.NextBytes(before);
            using var file = new MemoryImageFile(before);
            RepairPhase[] phases = MakePhases(file, random);
            byte[] after = Apply(before, phases);
            using var shown = new ImageAfterRepair(new MemoryImageFile(before), phases);
            AssertShows($"seed {seed}", after, shown, random);

            // The other way round each byte may be changed once.
            if (phases.SelectMany(phase => phase.Edits).OrderBy(edit => edit.FileOffset).ToArray() is { Length: 1 } edits)
            {
                Assert.Equal(Apply(before, [new RepairPhase(edits)]), after);
            }

            using var undone = new ImageBeforeRepair(
                new MemoryImageFile(after), new UndoRecord(before.Length, Guid.NewGuid(), OldBytesAlone(before, after)));
            AssertShows($"undo of seed {seed}", before, undone, random);
        }
    }

    private static RepairPhase[] MakePhases(MemoryImageFile file, Random random)
    {
        var phases = new List<RepairPhase>();
        long length = file.Length;
        for (int count = random.Next(1, 6); count > 0; count--)
        {
            var phase = new RepairPhase();
            if (random.Next(4) == 0)
            {
                long cut = random.Next((int)Math.Min(length, file.Length) + 1);
                phase.Cut(file, cut);
                length = cut;
            }
            else
            {
                byte[] bytes = new byte[random.Next(1, 1600)];
                random.NextBytes(bytes);
                long at = random.Next(3) == 0 ? random.Next(12) * 512L : random.Next(6000);
                phase.Put(file, at, bytes);
                length = Math.Max(length, at + bytes.Length);
            }

            phases.Add(phase);
        }

        return [.. phases];
    }

    private static byte[] Apply(byte[] before, IEnumerable<RepairPhase> phases)
    {
        byte[] bytes = before;
        foreach (FileEdit edit in phases.SelectMany(phase => phase.Edits))
        {
            int end = (int)edit.FileOffset + edit.NewBytes.Length;
            Array.Resize(ref bytes, edit.IsCut ? (int)edit.FileOffset : Math.Max(bytes.Length, end));
            edit.NewBytes.CopyTo(bytes.AsMemory((int)edit.FileOffset));
        }

        return bytes;
    }

    /// <summary>The sectors in which two files differ, as an undo file has them.</summary>
    private static RepairPhase[] OldBytesAlone(byte[] before, byte[] after)
    {
        var edits = new List<FileEdit>();
        for (int at = 0; at < before.Length; at += 512)
        {
            byte[] old = before[at..Math.Min(at + 512, before.Length)];
            byte[] now = after[Math.Min(at, after.Length)..Math.Min(at + 512, after.Length)];
            if (!old.AsSpan().SequenceEqual(now))
            {
                edits.Add(new FileEdit(at, old, now));
            }
        }

        return [new RepairPhase(edits)];
    }

    private static void AssertShows(string what, byte[] expected, Engine.Files.ImageFile shown, Random random)
    {
        Assert.True(expected.Length == shown.Length, $"{what}: {shown.Length} bytes, not {expected.Length}");
        for (int i = 0; i < 40; i++)
        {
            long at = i == 0 ? 0 : random.Next(4) == 0 ? random.Next(12) * 512L : random.Next(6500);
            byte[] buffer = new byte[i == 0 ? 8000 : random.Next(3) == 0 ? 512 : random.Next(1, 2000)];
            buffer.AsSpan().Fill(0xEE);
            int count = shown.ReadAt(at, buffer);
            Assert.True(count == Math.Clamp(expected.Length - at, 0, buffer.Length), $"{what}: {count} bytes at {at}");
            Assert.True(
                buffer.AsSpan(0, count).SequenceEqual(expected.AsSpan((int)Math.Min(at, expected.Length), count)), $"{what}: at {at}");
        }

        foreach (long at in new[] { 0, expected.Length - 1, expected.Length, expected.Length + 1L })
        {
            bool isData = shown.TryFindData(Math.Max(0, at), out long from, out long end);
            Assert.True(isData == (Math.Max(0, at) < expected.Length), $"{what}: data at {at}");
            Assert.True(!isData || (from == Math.Max(0, at) && end == expected.Length), $"{what}: data at {at}");
        }
    }
}
