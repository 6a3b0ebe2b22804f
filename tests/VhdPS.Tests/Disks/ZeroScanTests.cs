using VhdPS.Engine.Disks;


namespace VhdPS.Tests.Disks;

public class ZeroScanTests
{
    private const int Page = 4096;
    private const int Merged = 32 * 1024;

    [Fact]
    public void Runs_cover_all_data_and_leave_long_stretches_of_zeros_out()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = new byte[512 * random.Next(1, 600)];
            for (int i = random.Next(12); i > 0; i--)
            {
                int start = random.Next(bytes.Length);
                bytes.AsSpan(start, Math.Min(random.Next(1, 20_000), bytes.Length - start)).Fill((byte)random.Next(2));
            }

            bool[] isCovered = new bool[bytes.Length];
            int before = -Merged;
            for (int at = 0; ZeroScan.TryFindData(bytes, at, out int start, out int end); at = end)
            {
                Assert.True(start % Page == 0 && (end % Page == 0 || end == bytes.Length));
                Assert.True(
                    bytes.AsSpan(start, Math.Min(Page, end - start)).ContainsAnyExcept((byte)0), "a run begins with a page of zeros");
                Assert.True(
                    bytes.AsSpan(end - 1 - ((end - 1) % Page), ((end - 1) % Page) + 1).ContainsAnyExcept((byte)0),
                    "a run ends with a page of zeros");
                Assert.True(start - before >= Merged, "two runs lie so near that one write would do");
                isCovered.AsSpan(start, end - start).Fill(true);
                before = end;
            }

            Assert.DoesNotContain(bytes.Zip(isCovered), pair => pair.First != 0 && !pair.Second);
        }
    }
}
