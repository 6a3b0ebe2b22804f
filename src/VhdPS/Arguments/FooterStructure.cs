namespace VhdPS;

/// <summary>The structures of an image that can be shown one by one.</summary>
public enum FooterStructure
{
    /// <summary>The footer at the end, or its copy.</summary>
    Footer,

    /// <summary>The dynamic disk header.</summary>
    Header,

    /// <summary>The block allocation table.</summary>
    Table,

    /// <summary>The sector bitmaps of the blocks that the file holds.</summary>
    Bitmap,

    /// <summary>The parent locators with the paths that they point to.</summary>
    Locator,
}
